import { type Plugin, skip } from "../framework.ts";

const mebibyte = 1024 * 1024;
const leastBytes = 23 * mebibyte;
const mostBytesPerContainer = 1000 * mebibyte;

/** Likes nodes that already have the Pod's images; an image counts more the more nodes have it. */
export const imageLocality: Plugin = {
  name: "ImageLocality",
  preScore(pod, nodes) {
    const { containers = [], initContainers = [] } = pod.pod.spec ?? {};
    const all = [...initContainers, ...containers];
    const images = all
      .map((container) => withTag(container.image ?? ""))
      .map((image) => ({ image, spread: nodes.nodesWithImage(image) / nodes.length }))
      .filter(({ spread }) => spread > 0);
    if (images.length === 0) return skip;
    const most = mostBytesPerContainer * all.length;
    const score = (node: number) => {
      const present = nodes.row(node).images;
      let bytes = 0;
      for (const { image, spread } of images) bytes += Math.floor((present.get(image) ?? 0) * spread);
      const bounded = Math.min(Math.max(bytes, leastBytes), most);
      return Math.floor((100 * (bounded - leastBytes)) / (most - leastBytes));
    };
    return { kind: "score", scorer: { score } };
  },
};

/** An image without a tag means its `latest`. */
export function withTag(image: string): string {
  return image.lastIndexOf(":") <= image.lastIndexOf("/") ? `${image}:latest` : image;
}
