// The look of the pages. Colors are custom properties, so that pictures and text follow the theme of the reader; every color of
// text has a contrast of at least 4.5 to its background, every color of a picture of at least 3 (test/report).

import type { ColorName } from './page.ts'

type Palette = Readonly<
  Record<ColorName | 'page' | 'card' | 'text' | 'muted' | 'line' | 'accent' | 'good' | 'caution', string>
>

const light: Palette = {
  page: '#f6f7f9',
  card: '#ffffff',
  text: '#14181f',
  muted: '#525c6b',
  line: '#dde1e7',
  accent: '#1d4fd7',
  good: '#14713d',
  caution: '#8f4a00',
  today: '#6b7482',
  compiled: '#94702a',
  js: '#0c7d74',
  native: '#2563eb',
  pool: '#8b3fd6',
  sidecar: '#c2255c',
  'part-1': '#2563eb',
  'part-2': '#0c8a80',
  'part-3': '#a06a00',
  'part-4': '#8b3fd6',
  'part-5': '#c2255c',
}

const dark: Palette = {
  page: '#0e1116',
  card: '#161b22',
  text: '#e8ebf0',
  muted: '#a0aab8',
  line: '#2d3540',
  accent: '#8ab0ff',
  good: '#6fd694',
  caution: '#f0b35c',
  today: '#8f99a8',
  compiled: '#cfa95a',
  js: '#3dc7b8',
  native: '#6c9cff',
  pool: '#c08bff',
  sidecar: '#ff7aa2',
  'part-1': '#6c9cff',
  'part-2': '#3dc7b8',
  'part-3': '#e0a83c',
  'part-4': '#c08bff',
  'part-5': '#ff7aa2',
}

const properties = (palette: Palette): string =>
  Object.entries(palette)
    .map(([name, value]) => `--${name}:${value}`)
    .join(';')

/** The palette for the root of a document: `:root` of a page, `svg` of a picture that stands alone. */
export const paletteCss = (root: string): string =>
  `${root}{color-scheme:light;${properties(light)}}@media screen and (prefers-color-scheme:dark){${root}{color-scheme:dark;${properties(dark)}}}`

export const pageCss: string = `${paletteCss(':root')}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;-webkit-text-size-adjust:100%}
main{max-width:62rem;margin:0 auto;padding:2.5rem 1.25rem 4rem}
header{margin-bottom:2rem}
.eyebrow{margin:0 0 .75rem;color:var(--muted);font-size:.875rem;overflow-wrap:anywhere}
h1{margin:0;max-width:46rem;font-size:clamp(1.5rem,1.1rem + 2vw,2.25rem);line-height:1.2;letter-spacing:-.015em;text-wrap:balance}
h1.long{font-size:clamp(1.375rem,1.2rem + 1vw,1.75rem)}
.lead{margin:.85rem 0 0;max-width:44rem;font-size:1.125rem;overflow-wrap:anywhere}
.badge{margin:1.25rem 0 0;padding:.6rem .9rem;max-width:44rem;border:1px solid var(--line);border-left:4px solid var(--tone);border-radius:.5rem;background:var(--card);font-size:.9375rem}
.badge strong{color:var(--tone)}
.badge ul{margin:.25rem 0 0;padding-left:1.2rem;color:var(--muted)}
.good{--tone:var(--good)}.neutral{--tone:var(--muted)}.caution{--tone:var(--caution)}
section{margin-top:2.5rem}
h2{margin:0 0 .85rem;font-size:1.25rem;line-height:1.3;letter-spacing:-.01em}
h3{margin:0;font-size:1.0625rem;line-height:1.35}
p{margin:.35rem 0 .85rem}
section>p,.figure>p{color:var(--muted);max-width:44rem}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:.75rem;background:var(--card)}
table{border-collapse:collapse;width:100%;font-size:.9375rem;font-variant-numeric:tabular-nums}
caption,.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
th,td{padding:.6rem .9rem;text-align:left;vertical-align:top;border-top:1px solid var(--line)}
thead th.number{white-space:normal}
thead th{border-top:0;color:var(--muted);font-size:.8125rem;font-weight:600;vertical-align:bottom}
tbody th{font-weight:600}
.summary tbody th>span{display:inline-block}
.number{text-align:right;white-space:nowrap}
tr.chosen>*{background:color-mix(in srgb,var(--accent) 8%,transparent)}
tr.chosen>th{box-shadow:inset 4px 0 0 var(--accent)}
.tag{display:inline-block;padding:0 .45rem;border:1px solid currentColor;border-radius:1rem;color:var(--accent);font-size:.75rem;font-weight:600;white-space:nowrap}
.none{color:var(--muted)}
dl{margin:0;border:1px solid var(--line);border-radius:.75rem;background:var(--card)}
dl>div{display:grid;grid-template-columns:11rem 1fr;gap:.25rem 1rem;padding:.6rem .9rem}
dl>div+div{border-top:1px solid var(--line)}
dt{font-weight:600}
dd{margin:0;min-width:0;overflow-wrap:anywhere}
code{font:.875em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1.25rem}
.figure{margin:0;padding:1.1rem 1.1rem .9rem;border:1px solid var(--line);border-radius:.75rem;background:var(--card);min-width:0;break-inside:avoid}
.figure.wide{grid-column:1/-1}
.figure>p{margin:.25rem 0 .75rem;font-size:.9375rem}
.picture{min-height:4rem}
.picture svg{display:block;max-width:100%;height:auto;overflow:visible}
.label{paint-order:stroke;stroke:var(--card);stroke-width:4px;stroke-linejoin:round}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1rem;margin:0 0 .5rem;padding:0;list-style:none;font-size:.8125rem}
.legend li{display:flex;align-items:center;gap:.4rem}
.legend svg{display:block;flex:none}
details{margin-top:.6rem;font-size:.875rem}
summary{width:fit-content;cursor:pointer;color:var(--accent);border-radius:.25rem}
details .scroll{margin-top:.5rem}
details th,details td{padding:.35rem .7rem}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
@media (min-width:641px){.summary tbody th:has(~.number){min-width:12.5rem}}
@media (max-width:640px){
main{padding:1.5rem 1rem 3rem}
dl>div{grid-template-columns:1fr}
.summary thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.summary,.summary tbody,.summary tr{display:block}
.summary tr+tr{border-top:1px solid var(--line)}
.summary tr{padding:.55rem 0}
.summary th,.summary td{display:flex;justify-content:space-between;gap:1rem;border:0;padding:.15rem .9rem;text-align:right;white-space:normal}
.summary th{text-align:left}
.summary td::before{content:attr(data-column);color:var(--muted);font-weight:400;text-align:left}
.summary tr.chosen{background:color-mix(in srgb,var(--accent) 8%,transparent);box-shadow:inset 4px 0 0 var(--accent)}
.summary tr.chosen>*{background:none;box-shadow:none}
}
@media print{
body{background:#fff;font-size:10pt}
main{max-width:none;padding:0}
section{margin-top:1.5rem}
h2,h3{break-after:avoid}
.figures{display:block}.figure{margin-bottom:1rem}
.scroll{overflow:visible}
tr,dl>div{break-inside:avoid}
summary{display:none}
details::details-content{content-visibility:visible;display:block}
}`
