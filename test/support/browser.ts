import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const path = '/usr/bin/chromium';

/** Tests that need it are skipped on machines without it, and say so; CI has it. */
export const hasChromium = existsSync(path);

export const launchChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: path,
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
