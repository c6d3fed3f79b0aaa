/** What a process of a control plane is: which component's program it runs. */
export type ProcessRow = "etcd" | "apiserver" | "scheduler" | "controller" | "kubelet-sim";

/**
 * `running`: it has started and not ended. `waiting`: it has ended and will be started again. `stopped`: it has ended, or
 * was ended on purpose, and nobody starts it.
 */
export type ProcessState = "running" | "waiting" | "stopped";

export interface ProcessExit {
  /** `signal SIGKILL`, `exit code 1`: for people. */
  readonly reason: string;
  readonly atMs: number;
  /** As a shell tells it: 128 and the signal's number for one that a signal ended. */
  readonly exitCode: number;
  /** When what ended then had started; absent where nobody noted it. */
  readonly startedAtMs?: number;
}

/** One process of a control plane, as whoever supervises it knows it. All times are wall time. */
export interface ProcessInfo {
  /** `etcd-1`, `apiserver`, `apiserver-2`, `scheduler`, … */
  readonly name: string;
  readonly row: ProcessRow;
  /** Absent while it does not run. */
  readonly pid?: number;
  readonly state: ProcessState;
  /** Of the process that runs, or of the last that did; 0 before the first. */
  readonly startedAtMs: number;
  /** How often it was started after its first start. */
  readonly restarts: number;
  readonly lastExit?: ProcessExit;
  /** File with everything that it writes, of all its starts. */
  readonly logPath: string;
  /** The program and its arguments. */
  readonly commandLine: readonly string[];
  /** etcd's only: `3.6.16`; absent until it is known. */
  readonly version?: string;
  /** etcd's only: where this member serves clients. */
  readonly clientUrl?: string;
}

/** The processes of a control plane, told by whoever supervises them. */
export interface ProcessTable {
  /** All there are now, in the order of their starting. */
  list(): readonly ProcessInfo[];
  /** Calls `listener` after every change of what `list` says; the answer ends that. */
  onChange(listener: () => void): () => void;
}
