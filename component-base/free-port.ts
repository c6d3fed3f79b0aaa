import { createServer } from "node:net";
import { errorCode } from "./secret-file.ts";

/**
 * Ports that were free a moment ago, all different. Another process may take one before it is used: whoever binds it must
 * be ready for EADDRINUSE.
 */
export async function freePorts(count: number, options: { readonly host: string }): Promise<number[]> {
  const held = await Promise.all(Array.from({ length: count }, () => hold(0, options.host)));
  const ports = held.map((server) => portOf(server));
  await Promise.all(held.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
  return ports;
}

/** Whether somebody could listen on this port now. */
export async function isPortFree(port: number, options: { readonly host: string }): Promise<boolean> {
  try {
    const server = await hold(port, options.host);
    await new Promise<void>((resolve) => server.close(() => resolve()));
    return true;
  } catch (error) {
    if (errorCode(error) === "EADDRINUSE") return false;
    throw error;
  }
}

function hold(port: number, host: string): Promise<ReturnType<typeof createServer>> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host }, () => resolve(server));
  });
}

function portOf(server: ReturnType<typeof createServer>): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a listening server has no port");
  return address.port;
}
