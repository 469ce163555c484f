import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Of Debian's packages. The shell is the same engine without a browser's windows around it, and takes half the time. */
const installed = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find((path) => existsSync(path));

/** Tests that need it are skipped on machines without it, and say so; CI has it. */
export const hasChromium = installed !== undefined;

export const launchChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: installed ?? 'chromium',
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
