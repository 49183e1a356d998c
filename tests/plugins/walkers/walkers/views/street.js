// @ts-check
/** A street with lamps, and the walker on it. @type {import("mlwidgets").OwnMaker} */
export default function street(ctx, kit) {
  const { open } = kit.canvasIn(ctx.body);
  let place = 0, label = "";

  return {
    update(moment) {
      const palette = ctx.palette(), { g, w, h } = open(60);
      place = ctx.store.value("place", moment.position);
      label = moment.label;
      const x = kit.scale("linear", [-20, 20], [8, w - 8]);
      g.strokeStyle = palette.css("rule");
      for (const { value } of x.ticks) {
        g.beginPath();
        g.moveTo(x(value), 10);
        g.lineTo(x(value), h - 10);
        g.stroke();
      }
      g.fillStyle = palette.css(String(ctx.spec.coat));
      g.beginPath();
      g.arc(x(place), h / 2, 6, 0, 2 * Math.PI);
      g.fill();
      ctx.say("", kit.num(place));
    },
    summary: () => `The walker stands at ${kit.num(place)}, ${label}.`,
    rows: () => ({ head: ["place"], body: [[kit.num(place)]] }),
  };
}
