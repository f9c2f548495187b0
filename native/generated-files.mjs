// What the generators share: Rust and TypeScript text at the formatters' width, and writing or checking the files.

import { readFileSync, writeFileSync } from 'node:fs'

const width = 120

/** Joins the items with ", " and breaks lines at the width. */
export function fill(items, indent) {
  const lines = []
  let line = indent
  for (const item of items) {
    if (line.length + item.length + 1 > width) {
      lines.push(line.trimEnd())
      line = indent
    }
    line += `${item}, `
  }
  lines.push(line.trimEnd())
  return lines.join('\n')
}

/** Writes each text to its path, relative to this folder. With `--check` it exits with 1 where a file differs instead. */
export function writeFiles(texts) {
  const isCheck = process.argv.includes('--check')
  for (const [path, text] of Object.entries(texts)) {
    const url = new URL(path, import.meta.url)
    if (!isCheck) writeFileSync(url, text)
    else if (readFileSync(url, 'utf8') !== text) {
      console.error(`native/${path} is not current: npm run generate`)
      process.exitCode = 1
    }
  }
}
