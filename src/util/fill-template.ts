// Fills the placeholders of a text: `{name}` becomes the value of that name.

type Placeholder<T extends string> = T extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholder<Rest>
  : never

/** A value for each placeholder of `T`. */
export type TemplateValues<T extends string> = Readonly<Record<Placeholder<T>, string | number>>

export const fillTemplate = <const T extends string>(template: T, values: TemplateValues<T>): string =>
  template.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values[name as Placeholder<T>]))
