import type { Status } from "../../api/status.ts";

/**
 * The streams of one `exec` as they share a WebSocket: every binary message begins with the number of its channel.
 * @see https://github.com/kubernetes/apimachinery/blob/v0.36.0/pkg/util/remotecommand/constants.go
 */
export const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** The subprotocols that are spoken, the best first. Version 5 adds the closing of single channels. */
export const protocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"] as const;

/** A metav1.Status as kubelets send it on the error channel: without its kind, with reasons of their own. */
export type ExecStatus = Omit<Status, "kind" | "apiVersion" | "reason"> & { readonly reason?: string };

export type ChannelMessage =
  | { readonly kind: "stdin"; readonly data: Buffer }
  | { readonly kind: "closed"; readonly channel: number }
  /** Of no interest to whoever has no terminal, or of nobody's. */
  | { readonly kind: "other" };

/** What a message of the client says. */
export function readMessage(message: Buffer): ChannelMessage {
  const [channel, subject] = message;
  if (channel === channels.stdin) return { kind: "stdin", data: message.subarray(1) };
  if (channel === channels.close && subject !== undefined) return { kind: "closed", channel: subject };
  return { kind: "other" };
}

export function writeMessage(channel: number, data: Uint8Array | string): Buffer {
  const bytes = typeof data === "string" ? Buffer.from(data) : data;
  const message = Buffer.allocUnsafe(bytes.length + 1);
  message[0] = channel;
  message.set(bytes, 1);
  return message;
}

/** How an `exec` has ended, as its error channel tells it. */
export function exitStatus(exitCode: number): ExecStatus {
  if (exitCode === 0) return { metadata: {}, status: "Success" };
  return {
    metadata: {},
    status: "Failure",
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: String(exitCode) }] },
  };
}

/** That it could not be begun, or not be carried through. */
export function failedStatus(message: string): ExecStatus {
  return {
    metadata: {},
    status: "Failure",
    message: `Internal error occurred: ${message}`,
    reason: "InternalError",
    details: { causes: [{ message }] },
    code: 500,
  };
}
