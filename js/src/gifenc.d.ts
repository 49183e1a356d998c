/** What we use of gifenc 1.0.3, which has no types: https://github.com/mattdesl/gifenc */
declare module "gifenc" {
  type Colours = number[][];
  interface Options { palette?: Colours; delay?: number; repeat?: number; transparent?: boolean; transparentIndex?: number; dispose?: number }
  export function GIFEncoder(): {
    writeFrame(index: Uint8Array, width: number, height: number, options: Options): void;
    finish(): void;
    bytes(): Uint8Array;
  };
  export function quantize(rgba: Uint8Array | Uint8ClampedArray, most: number): Colours;
  export function applyPalette(rgba: Uint8Array | Uint8ClampedArray, palette: Colours): Uint8Array;
}
