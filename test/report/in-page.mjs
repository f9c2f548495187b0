// What is asked of a page in the browser. These functions run there: they may use nothing from outside. Not TypeScript, because
// the types of the DOM and of Node exclude each other in one program.

/** Texts and pictures whose contrast to their background is too low: 4.5 for text, 3 for marks of pictures. */
export function lowContrast() {
  /** Red, green, blue: 0 to 255; alpha: 0 to 1. */
  const parse = (text) => {
    const [r = 0, g = 0, b = 0, alpha = 1] = (text.match(/-?[\d.]+(?:e-?\d+)?/g) ?? []).map(Number)
    if (text.startsWith('rgb')) return [r, g, b, alpha]
    return text.startsWith('color(srgb') ? [r * 255, g * 255, b * 255, alpha] : undefined
  }
  const over = (top, bottom) => [0, 1, 2].map((i) => top[i] * top[3] + bottom[i] * (1 - top[3])).concat(1)
  const background = (element) => {
    if (element === null) return [255, 255, 255, 1]
    const own = parse(getComputedStyle(element).backgroundColor)
    if (own === undefined || own[3] === 0) return background(element.parentElement)
    return own[3] === 1 ? own : over(own, background(element.parentElement))
  }
  const luminance = (color) => {
    const [r, g, b] = color.slice(0, 3).map((value) => {
      const part = value / 255
      return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const found = []
  const check = (element, color, least) => {
    const own = parse(color)
    if (own === undefined || own[3] === 0) return
    const behind = background(element instanceof SVGElement ? element.closest('figure') : element)
    const [a, b] = [luminance(over(own, behind)), luminance(behind)]
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
    const text = element.textContent.slice(0, 30)
    if (contrast < least) found.push(`${element.tagName} "${text}" ${color}: ${contrast.toFixed(2)}`)
  }
  for (const element of document.querySelectorAll('main *')) {
    const style = getComputedStyle(element)
    if (element instanceof SVGElement) {
      if (element.tagName === 'text' || element.tagName === 'tspan') check(element, style.fill, 4.5)
      else if (element.closest('[aria-label="line"]') !== null) check(element, style.stroke, 3)
      else if (element.closest('[aria-label="bar"],[aria-label="dot"]') !== null) check(element, style.fill, 3)
    } else if ([...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '')) {
      check(element, style.color, 4.5)
    }
  }
  return found
}

/** How many marks of each kind a picture has, and its texts with those of the legend. */
export function marksOf(id) {
  const picture = document.querySelector(`#${id} .picture`)
  const count = (selector) => picture?.querySelectorAll(selector).length ?? 0
  return {
    lines: count('[aria-label="line"] path'),
    dots: count('svg[role=img] [aria-label="dot"] path, svg[role=img] [aria-label="dot"] circle'),
    bars: count('[aria-label="bar"] rect, [aria-label="bar"] path'),
    texts: [...(picture?.querySelectorAll('text, li') ?? [])].map((text) => text.textContent),
  }
}

/** The body of a table: for each cell the exact number, or its text. */
export function cellsOf(selector) {
  return [...document.querySelectorAll(`${selector} tbody tr`)].map((row) =>
    [...row.children].map((cell) => {
      const value = cell.dataset.value
      return value === undefined ? cell.textContent.trim() : Number(value)
    }),
  )
}

/** Elements that reach out of the window, and the page where it scrolls sideways. */
export function tooWide() {
  const width = document.documentElement.clientWidth
  const visible = [...document.querySelectorAll('main *')].filter((element) => {
    const box = element.getBoundingClientRect()
    // Tables behind pictures scroll in a frame of their own; texts of one pixel are for screen readers.
    return box.width > 1 && box.height > 1 && element.closest('.scroll table.data') === null
  })
  return [
    ...(document.documentElement.scrollWidth > width ? [`page: ${document.documentElement.scrollWidth}`] : []),
    ...visible
      .filter((element) => element.getBoundingClientRect().right > width + 1)
      .map(
        (element) => `${element.tagName}.${element.getAttribute('class')}: ${element.getBoundingClientRect().right}`,
      ),
  ]
}

export function openTables() {
  for (const details of document.querySelectorAll('details')) details.open = true
}

export function isDrawn() {
  return [...document.querySelectorAll('.picture')].every((place) => place.querySelector('svg') !== null)
}

export function pictureWidth(id) {
  return Number(document.querySelector(`#${id} svg[role=img]`)?.getAttribute('width'))
}

export function tableHeights() {
  return [...document.querySelectorAll('details .scroll')].map((table) => table.getBoundingClientRect().height)
}

/** The name of the element that has the focus. */
export function focused() {
  return document.activeElement?.getAttribute('aria-label') ?? null
}

export function colors() {
  const { colorScheme } = getComputedStyle(document.documentElement)
  return { scheme: colorScheme, body: getComputedStyle(document.body).backgroundColor }
}
