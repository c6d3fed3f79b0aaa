/** The addresses of one range, handed out lowest first. The first two (network and bridge) and the last are nobody's. */
export class IpRange {
  readonly #first: number;
  readonly #last: number;
  readonly #used = new Set<number>();
  /** No address below this one is free. */
  #lowest: number;

  /** @param cidr - IPv4, `10.244.0.0/24` */
  constructor(cidr: string) {
    const [address = "", bits = "32"] = cidr.split("/");
    const size = 2 ** (32 - Number(bits));
    const base = Math.floor(parseIpv4(address) / size) * size;
    this.#first = base + 2;
    this.#last = base + size - 2;
    this.#lowest = this.#first;
    if (!(this.#last >= this.#first)) throw new Error(`${cidr} has no room for pods`);
  }

  /** `undefined` when every address is taken. */
  allocate(): string | undefined {
    for (let address = this.#lowest; address <= this.#last; address++) {
      if (this.#used.has(address)) continue;
      this.#used.add(address);
      this.#lowest = address + 1;
      return formatIpv4(address);
    }
    return undefined;
  }

  includes(ip: string): boolean {
    const address = parseIpv4(ip);
    return address >= this.#first && address <= this.#last;
  }

  /** False if it was taken before. */
  occupy(ip: string): boolean {
    const address = parseIpv4(ip);
    if (this.#used.has(address)) return false;
    this.#used.add(address);
    return true;
  }

  release(ip: string): void {
    const address = parseIpv4(ip);
    if (this.#used.delete(address)) this.#lowest = Math.min(this.#lowest, address);
  }
}

/** Gives every pod an address of its own: from its node's range if the node has one, else from the common range. */
export class PodIps {
  readonly #common: IpRange;
  readonly #ranges = new Map<string, IpRange>();
  readonly #byPod = new Map<string, { readonly ip: string; readonly range: IpRange }>();

  constructor(options: { clusterCidr: string }) {
    this.#common = new IpRange(options.clusterCidr);
  }

  /** The pod's address, the same at every call until `release`. `undefined`: none is left. */
  allocate(podUid: string, podCidr: string | undefined): string | undefined {
    const known = this.#byPod.get(podUid);
    if (known !== undefined) return known.ip;
    const range = this.#rangeOf(podCidr);
    const ip = range.allocate();
    if (ip !== undefined) this.#byPod.set(podUid, { ip, range });
    return ip;
  }

  /** A pod has been found with this address, given by an earlier life of this simulator or by somebody else. */
  occupy(podUid: string, ip: string, podCidr: string | undefined): void {
    if (this.#byPod.has(podUid) || ip.includes(":")) return;
    const own = this.#rangeOf(podCidr);
    const range = own.includes(ip) ? own : this.#common;
    if (range.includes(ip) && range.occupy(ip)) this.#byPod.set(podUid, { ip, range });
  }

  release(podUid: string): void {
    const known = this.#byPod.get(podUid);
    if (known === undefined) return;
    known.range.release(known.ip);
    this.#byPod.delete(podUid);
  }

  #rangeOf(podCidr: string | undefined): IpRange {
    if (podCidr === undefined || podCidr === "" || podCidr.includes(":")) return this.#common;
    let range = this.#ranges.get(podCidr);
    if (range === undefined) {
      range = new IpRange(podCidr);
      this.#ranges.set(podCidr, range);
    }
    return range;
  }
}

const parseIpv4 = (text: string) => text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);

const formatIpv4 = (address: number) =>
  `${Math.floor(address / 2 ** 24) % 256}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
