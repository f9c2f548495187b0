// Process entry: draws docs/bench.svg, the picture of the README, from the newest record (npm run generate:picture).

import { writeFileSync } from 'node:fs'
import process from 'node:process'
import { packageFile } from '../src/util/package-files.ts'
import { pictureOf } from './html/picture.ts'
import { newestRecord } from './html/record.ts'

const { name, result } = newestRecord()
const path = packageFile('docs/bench.svg')
writeFileSync(path, await pictureOf(result))
process.stdout.write(`${path}, from ${name}\n`)
