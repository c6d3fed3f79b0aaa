import { expect, test } from "vitest";
import { PodIps } from "./pod-ips.ts";

test("the lowest free address of the node's range, the same for the same pod, free again once released", () => {
  const ips = new PodIps({ clusterCidr: "10.244.0.0/16" });
  expect(ips.allocate("a", "10.1.2.0/24")).toBe("10.1.2.2");
  expect(ips.allocate("b", "10.1.2.0/24")).toBe("10.1.2.3");
  expect(ips.allocate("a", "10.1.2.0/24")).toBe("10.1.2.2");
  expect(ips.allocate("c", undefined)).toBe("10.244.0.2");
  ips.release("a");
  expect(ips.allocate("d", "10.1.2.0/24")).toBe("10.1.2.2");
});

test("addresses found on live pods are nobody else's, wherever they came from", () => {
  const ips = new PodIps({ clusterCidr: "10.244.0.0/16" });
  ips.occupy("a", "10.1.2.2", "10.1.2.0/24");
  ips.occupy("b", "10.244.0.2", "10.1.2.0/24");
  ips.occupy("c", "192.168.0.1", undefined);
  expect(ips.allocate("d", "10.1.2.0/24")).toBe("10.1.2.3");
  expect(ips.allocate("e", undefined)).toBe("10.244.0.3");
  ips.release("b");
  expect(ips.allocate("f", undefined)).toBe("10.244.0.2");
});

test("a range that is used up gives nothing, and one without room is refused", () => {
  const ips = new PodIps({ clusterCidr: "10.244.0.0/29" });
  const given = Array.from({ length: 7 }, (_, index) => ips.allocate(`p${index}`, undefined));
  expect(given.filter((ip) => ip !== undefined)).toEqual([2, 3, 4, 5, 6].map((host) => `10.244.0.${host}`));
  expect(() => new PodIps({ clusterCidr: "10.0.0.0/31" })).toThrow("no room");
});
