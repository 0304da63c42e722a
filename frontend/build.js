// Bundles what the browser gets into src/minyi/ui/static/ui/dist/. `npm run build`, or `npm run watch` while drawing.
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "../src/minyi/ui/static/ui/dist");

// The WeUI widgets in use. All of WeUI would be 180 kB of CSS, most of it a second colour theme.
const WIDGETS = /\.weui-(btn|cells?|label|input|textarea|switch|primary-loading)(?![a-z])/;
const UNUSED = /data-weui-theme|data-weui-mode|wx-root|\.weui-btn_cell|weui-cell_(swiped|vcode|slide)|weui-btn_(loading|mini|overlay)/;

/** Keep the widgets in use, turn px into rem so that large type and 200 % text reach them. */
function subsetOfWeui(css) {
  const rules = css.replace(/\/\*[\s\S]*?\*\//g, "").match(/[^{}]+\{[^{}]*\}/g);
  return rules
    .filter((rule) => WIDGETS.test(rule) && !UNUSED.test(rule) && !rule.includes("@"))
    .map((rule) => rule.replace(/\b(\d*\.?\d+)px/g, (px, n) => (n > 2 ? `${n / 16}rem` : px)))
    .join("\n");
}

// A strict Content-Security-Policy refuses data: URLs, so pictures inside WeUI's CSS become files.
const weui = {
  name: "weui",
  setup(build) {
    const pictures = new Map();
    build.onResolve({ filter: /^weui:subset$/ }, () => ({ path: "subset", namespace: "weui" }));
    build.onResolve({ filter: /^weui:picture/ }, ({ path }) => ({ path: path.slice(5), namespace: "weui-picture" }));
    build.onLoad({ filter: /.*/, namespace: "weui" }, async () => {
      const css = subsetOfWeui(await readFile(join(here, "node_modules/weui/dist/style/weui.css"), "utf8"));
      const contents = css.replace(/url\((["']?)data:image\/svg\+xml[^,]*,([\s\S]*?)\1\)/g, (whole, quote, picture) => {
        const name = `picture-${createHash("sha256").update(picture).digest("hex").slice(0, 8)}.svg`;
        pictures.set(name, decodeURIComponent(picture));
        return `url("weui:${name}")`;
      });
      return { contents, loader: "css", resolveDir: here };
    });
    build.onLoad({ filter: /.*/, namespace: "weui-picture" }, ({ path }) => ({
      contents: pictures.get(path),
      loader: "file",
    }));
  },
};

const options = {
  absWorkingDir: here,
  entryPoints: [
    { in: "citizen/index.js", out: "citizen" },
    { in: "citizen/index.css", out: "citizen" },
    { in: "citizen/htmx.js", out: "htmx" },
    { in: "citizen/work.js", out: "work" },
    { in: "charts/index.js", out: "charts" },
    { in: "verify/index.js", out: "verify" },
    { in: "staff/index.js", out: "staff" },
    { in: "staff/index.css", out: "staff" },
  ],
  outdir: dist,
  bundle: true,
  minify: true,
  format: "iife",
  // Older phones are what many elderly citizens hold.
  target: ["chrome80", "safari14.1"],
  loader: { ".svg": "file" },
  assetNames: "[name]-[hash]",
  legalComments: "linked",
  plugins: [weui],
  logLevel: "info",
};

// The recount as one file for node, which anybody may load down and run without us.
const recount = {
  absWorkingDir: here,
  entryPoints: [{ in: "verify/recount.mjs", out: "recount" }],
  outdir: dist,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  legalComments: "inline",
  logLevel: "info",
};

/** The verifier of an archive of evidence: one page that needs nothing beside it. */
async function buildDossier() {
  const built = await esbuild.build({
    absWorkingDir: here,
    entryPoints: ["verify/dossier_page.js"],
    bundle: true,
    minify: true,
    format: "iife",
    target: options.target,
    legalComments: "inline",
    write: false,
  });
  const page = await readFile(join(here, "verify/dossier.html"), "utf8");
  const script = `<script>${built.outputFiles[0].text}</script>`;
  await mkdir(dist, { recursive: true });
  await writeFile(join(dist, "dossier.html"), page.replace("<!--script-->", () => script));
}

await rm(dist, { recursive: true, force: true });
if (process.argv.includes("--watch")) {
  const context = await esbuild.context(options);
  await context.watch();
} else {
  await Promise.all([esbuild.build(options), esbuild.build(recount), buildDossier()]);
}
