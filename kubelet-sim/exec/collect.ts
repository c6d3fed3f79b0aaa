/**
 * All that a stream gives.
 * @throws Error when it is more than `maxBytes`
 */
export async function collect(stream: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > maxBytes) throw new Error(`more than ${maxBytes} bytes on standard input`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
