import { defineCommand } from 'citty';

/** `lapor email …`: what operators do about e-mail. */
export const emailCommand = defineCommand({
  meta: { name: 'email', description: 'E-mail: try whether it is sent' },
  subCommands: { test: () => import('./email-test.ts').then((file) => file.emailTestCommand) },
});
