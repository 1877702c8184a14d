// Loaded into `playbook` before everything else: at SIGUSR2, its wall clock jumps by CHAOS_CLOCK_JUMP_MS. The monotonic
// clocks and timers go on as they are, as they do when somebody sets a machine's clock.
const jump = Number(process.env.CHAOS_CLOCK_JUMP_MS ?? 0);
if (jump !== 0) {
  const RealDate = Date;
  let shift = 0;
  globalThis.Date = class extends RealDate {
    constructor(...args) {
      if (args.length === 0) super(RealDate.now() + shift);
      else super(...args);
    }
    static now() {
      return RealDate.now() + shift;
    }
  };
  process.on('SIGUSR2', () => (shift = jump));
}
