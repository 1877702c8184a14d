/** What every client is told, as JSON in its first argument. */
export interface FanOutTask {
  readonly hosts: readonly string[];
  readonly port: number;
  readonly user: string;
  readonly keyFile: string;
  readonly knownHostsFile: string;
  /** On how many hosts at once. */
  readonly forks: number;
  readonly commands: readonly string[];
}

/** What it prints, as JSON. */
export interface FanOutReport {
  /** Hosts on which every command exited with 0. */
  readonly succeeded: number;
  readonly wall_s: number;
}

export function readTask(): FanOutTask {
  return JSON.parse(process.argv[2] ?? '') as FanOutTask;
}

export function report(succeeded: number, begin: number): void {
  const told: FanOutReport = { succeeded, wall_s: (performance.now() - begin) / 1000 };
  console.log(JSON.stringify(told));
}
