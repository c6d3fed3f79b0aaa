/** An IPv4 range for Services. The first address below the band goes to `default/kubernetes`, the rest of it to requests by name. */
export class IpRange {
  readonly text: string;
  readonly #base: number;
  /** Addresses that can be given: neither the network's own nor the broadcast address. */
  readonly #count: number;
  readonly #staticBand: number;

  /** @throws Error for what is no IPv4 range */
  constructor(text: string) {
    const match = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(text);
    if (match === null) throw new Error(`${JSON.stringify(text)} is no IPv4 range like 10.96.0.0/16`);
    const size = 2 ** (32 - Number(match[2]));
    const address = toNumber(match[1] ?? "");
    this.text = text;
    this.#base = address - (address % size);
    this.#count = Math.max(size - 2, 0);
    this.#staticBand = size < 32 ? 0 : Math.min(Math.max(16, Math.floor(size / 16)), 256);
  }

  contains(ip: string): boolean {
    const offset = toNumber(ip) - this.#base;
    return offset >= 1 && offset <= this.#count;
  }

  /** Every address once: from a random place on above the band that requests by name use, then that band. */
  *candidates(random: () => number): Iterable<string> {
    const dynamic = this.#count - this.#staticBand;
    const start = Math.floor(random() * Math.max(dynamic, 0));
    for (let step = 0; step < dynamic; step++) yield this.#at(this.#staticBand + 1 + ((start + step) % dynamic));
    for (let offset = 2; offset <= this.#staticBand; offset++) yield this.#at(offset);
  }

  #at(offset: number): string {
    const value = this.#base + offset;
    return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
  }
}

const toNumber = (ip: string) => ip.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
