/**
 * A process that runs one `lapor …` after another, as built. A run is over when nothing of it keeps the process alive any
 * more: where it would have ended if it had been alone, and what it leaves open keeps it here too.
 */
const program = process.argv[2];
let run = null;
let count = 0;

process.exit = (code) => {
  if (run === null) throw new Error('something of a run that is over wanted to end the process');
  run.exit ??= code ?? process.exitCode ?? 0;
};

process.on('message', ({ args, env, mark }) => {
  const begun = { mark, settled: false, exit: null };
  run = begun;
  process.channel.unref();
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.argv = [process.argv[0], program, ...args];
  process.exitCode = undefined;
  count += 1;
  import(`${program}?run=${count}`).then(
    () => {
      begun.settled = true;
    },
    (error) => {
      // ends this process, as it would have ended one that runs nothing else
      setImmediate(() => {
        throw error;
      });
    },
  );
});

process.on('beforeExit', () => {
  if (run === null) return;
  const { mark, settled, exit } = run;
  run = null;
  process.channel.ref();
  for (const signal of ['SIGINT', 'SIGTERM']) process.removeAllListeners(signal);
  for (const stream of [process.stdout, process.stderr]) {
    stream.removeAllListeners('error');
    stream.write(mark);
  }
  // 13 is what Node answers where the program still waits for something that nobody is at
  process.send(exit ?? (settled ? (process.exitCode ?? 0) : 13));
});
