/** The small script of a page: unpacks the runtime that travels in it, which the page's policy names by its hash. */

void unpack().catch((error) => document.body.prepend(`The figures could not be shown: ${error}`));

async function unpack() {
  const said = document.querySelector("script[data-mlwidgets=runtime]")?.textContent ?? "";
  const packed = Uint8Array.from(atob(said.trim()), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const script = document.createElement("script");
  script.textContent = await new Response(stream).text();
  document.head.append(script);
}

export {};
