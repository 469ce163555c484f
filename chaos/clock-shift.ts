/** Loaded before a process of the gateway (`--import`): its clock is CHAOS_CLOCK_SHIFT_MS off. */
const shift = Number(process.env['CHAOS_CLOCK_SHIFT_MS'] ?? 0);
const RealDate = Date;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [RealDate.now() + shift] : args, newTarget),
  get: (target, property) =>
    property === 'now' ? () => RealDate.now() + shift : Reflect.get(target, property, target),
});
