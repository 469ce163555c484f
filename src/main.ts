#!/usr/bin/env node
import { type CommandDef, defineCommand, runCommand, runMain } from 'citty';

/** The command `lapor`: what runs the gateway and what looks after it. Each command is a file in `src/cli`. */
const lapor = defineCommand({
  meta: { name: 'lapor', description: 'The open gateway in front of SP4N-LAPOR!' },
  subCommands: {
    all: () => import('./cli/start.ts').then((file) => file.allCommand),
    serve: () => import('./cli/start.ts').then((file) => file.serveCommand),
    work: () => import('./cli/start.ts').then((file) => file.workCommand),
    migrate: () => import('./cli/migrate.ts').then((file) => file.migrateCommand),
    doctor: () => import('./cli/doctor.ts').then((file) => file.doctorCommand),
    agency: () => import('./cli/agency.ts').then((file) => file.agencyCommand),
    endpoint: () => import('./cli/endpoint.ts').then((file) => file.endpointCommand),
    report: () => import('./cli/report.ts').then((file) => file.reportCommand),
    message: () => import('./cli/message.ts').then((file) => file.messageCommand),
    mailbox: () => import('./cli/mailbox.ts').then((file) => file.mailboxCommand),
    attachment: () => import('./cli/attachment.ts').then((file) => file.attachmentCommand),
    notification: () => import('./cli/notification.ts').then((file) => file.notificationCommand),
    email: () => import('./cli/email.ts').then((file) => file.emailCommand),
    twitter: () => import('./cli/twitter.ts').then((file) => file.twitterCommand),
    import: () => import('./cli/import.ts').then((file) => file.importCommand),
    keys: () => import('./cli/keys.ts').then((file) => file.keysCommand),
    spool: () => import('./cli/spool.ts').then((file) => file.spoolCommand),
    staff: () => import('./cli/staff.ts').then((file) => file.staffCommand),
    audit: () => import('./cli/audit.ts').then((file) => file.auditCommand),
    demo: () => import('./cli/demo.ts').then((file) => file.demoCommand),
  },
});

const rawArgs = process.argv.slice(2);
const asksForHelp = rawArgs.length === 0 || rawArgs.some((arg) => arg === '--help' || arg === '-h');
try {
  if (asksForHelp) await runMain(lapor, { rawArgs: rawArgs.length === 0 ? ['--help'] : rawArgs });
  else await runCommand(lapor, { rawArgs });
} catch (error) {
  // citty says what is missing or unknown; its own runner would exit with 1, which here means that the work failed
  if (!(error instanceof Error) || error.name !== 'CLIError') throw error;
  console.error(`${error.message}\n"${await nameCommand()} --help" shows what there is.`);
  process.exitCode = 2;
}

/** As much of what was typed as is a command, such as `lapor mailbox add`. */
async function nameCommand(): Promise<string> {
  const words = ['lapor'];
  let command: CommandDef = lapor;
  for (const word of rawArgs) {
    const known = await resolve(command.subCommands);
    if (known === undefined || !Object.hasOwn(known, word)) break;
    command = (await resolve(known[word])) ?? {};
    words.push(word);
  }
  return words.join(' ');
}

async function resolve<T>(value: T | Promise<T> | (() => T | Promise<T>)): Promise<T> {
  return value instanceof Function ? value() : value;
}
