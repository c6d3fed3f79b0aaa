import type { Socket } from "node:net";
import { badRequest, failure } from "../../../api/status.ts";
import type { OpenTunnel } from "../../registry/store.ts";
import { isAnswered } from "../encode/respond.ts";
import type { Exchange, Upgrade } from "../exchange.ts";
import type { HandlerDeps } from "./handler.ts";

/** How long one end may take to say goodbye after the other has gone. */
const lingerMs = 2_000;
/** A peer that has vanished without a word is found out after about this long. */
const keepAliveMs = 30_000;
/** Of the client's headers the other end sees these: no credentials. */
const passedOn = ["sec-websocket-key", "sec-websocket-version", "sec-websocket-protocol", "user-agent"];
const bearerProtocol = "base64url.bearer.authorization.k8s.io.";

/**
 * Turns the client's connection into one to somebody else, and resolves when both have ended: whichever ends first ends the
 * other, and the end of the exchange ends both.
 * @throws StatusError for a request that asks for no WebSocket, or for whatever keeps the other end from opening one
 */
export async function tunnel(exchange: Exchange, open: OpenTunnel, { clock }: HandlerDeps): Promise<void> {
  const { upgrade, request, signal } = exchange;
  if (upgrade === undefined) throw badRequest("Upgrade request required");
  const wanted = request.headers.upgrade ?? "";
  if (wanted.toLowerCase() !== "websocket") {
    throw badRequest(`unable to upgrade connection: ${wanted} is not spoken here, only WebSocket (v5.channel.k8s.io)`);
  }
  const answer = await open(forwardedHeaders(exchange), { signal });
  if (answer.kind === "refused") {
    const message = `unable to upgrade connection: ${answer.text}`;
    throw failure({ code: answer.status, reason: answer.status === 404 ? "NotFound" : "BadRequest", message });
  }
  const { socket } = answer;
  socket.on("error", () => socket.destroy());
  if (isAnswered(exchange)) {
    socket.destroy();
    return;
  }
  const headers = ["Connection", "Upgrade", "Upgrade", "websocket"];
  for (const [name, value] of Object.entries(answer.headers)) {
    if (name.startsWith("sec-websocket-")) headers.push(name, value);
  }
  exchange.response.writeHead(101, headers);
  exchange.response.flushHeaders();
  await splice(upgrade, { socket, head: answer.head }, { clock, signal });
}

function forwardedHeaders({ request, requestId }: Exchange): Record<string, string> {
  const headers: Record<string, string> = { connection: "Upgrade", upgrade: "websocket", "audit-id": requestId };
  for (const name of passedOn) {
    const value = request.headers[name];
    if (typeof value === "string") headers[name] = value;
  }
  const protocols = (headers["sec-websocket-protocol"] ?? "").split(",").map((protocol) => protocol.trim());
  headers["sec-websocket-protocol"] = protocols.filter((protocol) => !protocol.startsWith(bearerProtocol)).join(", ");
  return headers;
}

/** Carries bytes both ways, no faster than the slower end takes them, until both connections have closed. */
async function splice(
  client: Upgrade,
  backend: Upgrade,
  { clock, signal }: Pick<HandlerDeps, "clock"> & { readonly signal: AbortSignal },
): Promise<void> {
  const ends = [client.socket, backend.socket];
  const destroy = () => {
    for (const socket of ends) socket.destroy();
  };
  if (signal.aborted) destroy();
  signal.addEventListener("abort", destroy, { once: true });
  for (const socket of ends) {
    socket.setNoDelay(true);
    socket.setKeepAlive(true, keepAliveMs);
  }
  carry(client, backend.socket);
  carry(backend, client.socket);
  const closed = ends.map((socket) => whenClosed(socket));
  await Promise.race(closed);
  for (const socket of ends) socket.end();
  const late = clock.setTimer(lingerMs, destroy);
  await Promise.all(closed);
  late.cancel();
  signal.removeEventListener("abort", destroy);
}

function carry({ socket, head }: Upgrade, to: Socket): void {
  if (head.length > 0) to.write(head);
  socket.pipe(to);
}

function whenClosed(socket: Socket): Promise<void> {
  if (socket.closed) return Promise.resolve();
  return new Promise((resolve) => socket.once("close", () => resolve()));
}
