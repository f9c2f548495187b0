// The words for generated orders. Data only.

export type Script = 'ascii' | 'latin' | 'cjk'

export const firstNames: Readonly<Record<Script, readonly string[]>> = {
  ascii: [
    'Anna',
    'Ben',
    'Clara',
    'David',
    'Emma',
    'Frank',
    'Grace',
    'Henry',
    'Ida',
    'Jonas',
    'Kate',
    'Leo',
    'Mona',
    'Nils',
  ],
  latin: ['Zoë', 'André', 'Søren', 'Léa', 'Jürgen', 'María', 'Łukasz', 'Žofia', 'Ångström', 'Çelik', 'Ísold', 'Nguyễn'],
  cjk: ['太郎', '花子', '小明', '美玲', '健一', '雪', '志强', '由美'],
}

export const lastNames: Readonly<Record<Script, readonly string[]>> = {
  ascii: [
    'Baker',
    'Carter',
    'Dietrich',
    'Evans',
    'Fischer',
    'Graham',
    'Hansen',
    'Keller',
    'Lindberg',
    'Moore',
    'Novak',
  ],
  latin: ['Müller', 'Peña', 'Brontë', 'Gößling', 'Dvořák', 'Łoś', 'Sjögren', 'García', 'Šimić', 'Kılıç', 'Trần'],
  cjk: ['山田', '佐藤', '王', '陳', '鈴木', '林', '김', '李'],
}

export const streets: Readonly<Record<Script, readonly string[]>> = {
  ascii: ['Station Road', 'Mill Lane', 'Harbour Street', 'Oak Avenue', 'Market Square', 'Bridge Street'],
  latin: ['Königsallee', 'Rue de la Forêt', 'Calle Peñalver', 'Østergade', 'Náměstí Míru', 'Große Straße'],
  cjk: ['中央区銀座', '新宿区西新宿', '南京東路', '人民路', '강남대로'],
}

/** City, postal code, country. */
export const cities: Readonly<Record<Script, readonly (readonly [string, string, string])[]>> = {
  ascii: [
    ['Leeds', 'LS1 4AP', 'GB'],
    ['Boston', '02108', 'US'],
    ['Hamburg', '20095', 'DE'],
    ['Utrecht', '3511 AX', 'NL'],
  ],
  latin: [
    ['Köln', '50667', 'DE'],
    ['Orléans', '45000', 'FR'],
    ['Málaga', '29001', 'ES'],
    ['Århus', '8000', 'DK'],
    ['Plzeň', '301 00', 'CZ'],
  ],
  cjk: [
    ['東京都', '104-0061', 'JP'],
    ['大阪市', '530-0001', 'JP'],
    ['上海市', '200000', 'CN'],
    ['서울', '04524', 'KR'],
  ],
}

export const brands: readonly string[] = [
  'Fernhill',
  'Kiruna',
  'Oakley & Sons',
  'Bluewater',
  'Tamarind',
  'Nordlicht',
  'Casa Verde',
  '3Peaks',
]
export const nouns: readonly string[] = [
  'Kettle',
  'Lamp',
  'Notebook',
  'Backpack',
  'Teapot',
  'Blanket',
  'Hammer',
  'Keyboard',
  'Vase',
  'Chair',
  'Mirror',
  'Scarf',
  'Clock',
  'Basket',
]
export const colours: readonly string[] = [
  'red',
  'forest green',
  'off-white',
  'navy',
  'charcoal',
  'sand',
  'yellow',
  'dark grey',
]
export const materials: readonly string[] = [
  'Oak',
  'Linen',
  'Stainless steel',
  'Wool',
  'Glass',
  'Recycled cotton',
  'Brass',
  'Bamboo',
  'Ceramic',
  'Leather',
  'Felt',
]

export const sentences: Readonly<Record<Script, readonly string[]>> = {
  ascii: [
    'Please ring the bell twice, the first one is often not heard.',
    'Leave it with the neighbour on the left if nobody answers.',
    'This is a gift: no prices on the slip, please.',
    'Call before you come; the gate is "closed" after 6 pm.',
  ],
  latin: [
    'Bitte im Hinterhof abgeben, die Tür ist tagsüber geöffnet.',
    'Laissez le colis à la boulangerie d’à côté, merci beaucoup.',
    'Entregar después de las cinco, por favor; el timbre está roto.',
    'Zvonek nefunguje, prosím zavolejte předem.',
  ],
  cjk: [
    '不在の場合は宅配ボックスに入れてください。',
    '送达前请先打电话，谢谢。',
    '문 앞에 놓아 주세요.',
    '午後六時以降の配達をお願いします。',
  ],
}
