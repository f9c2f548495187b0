// The licence texts of what a file contains.

/** Each text once, below the names of all that it is for. */
export function noticesOf(texts) {
  const sections = new Map()
  for (const { of, text } of texts) {
    const words = text.replace(/\s+/g, ' ').trim()
    const section = sections.get(words) ?? { names: [], text: text.replace(/\r/g, '').replace(/^\n+|\s+$/g, '') }
    if (!section.names.includes(of)) section.names.push(of)
    sections.set(words, section)
  }
  return [...sections.values()]
    .map(({ names, text }) => `${names.sort().join(', ')}:\n\n${text}`)
    .sort()
    .join('\n\n----\n\n')
}
