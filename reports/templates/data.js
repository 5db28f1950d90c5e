// Unpacks what reports/packing.py packs: verdicts, and what people ask of them.

const unpack = async (text) => {
  const packed = atob(text)
  const bytes = new Uint8Array(packed.length)
  for (let position = 0; position < packed.length; position++) bytes[position] = packed.charCodeAt(position)
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))
  return JSON.parse(await new Response(stream).text())
}

const WEIGHTS = { critical: 8, high: 4, medium: 2, low: 1 }

const KINDS = {
  vm: ["VM", "VMs"],
  host: ["host", "hosts"],
  pool: ["pool", "pools"],
  sr: ["storage repository", "storage repositories"],
  network: ["network", "networks"],
  vdi: ["disk image", "disk images"],
}

const PASSED = ["pass", "waiver_not_needed"]
const FINDINGS = ["fail", "error"]

// Every word's place, worst first; known as soon as data are.
const RANKS = new Map()

// How many verdicts bear each word; the score is the share of them that pass. What is not applicable
// counts nowhere; what is unknown, waived or broken is no pass.
class Counts {
  constructor() {
    this.ranks = new Uint32Array(RANKS.size)
  }

  of(...words) {
    return words.reduce((sum, word) => sum + this.ranks[RANKS.get(word)], 0)
  }

  merge({ ranks }) {
    for (let rank = 0; rank < ranks.length; rank++) this.ranks[rank] += ranks[rank]
  }

  get findings() {
    return this.of(...FINDINGS)
  }

  get applicable() {
    return this.ranks.reduce((sum, number) => sum + number, 0) - this.of("not_applicable")
  }

  get score() {
    const { applicable } = this
    return applicable ? this.of(...PASSED) / applicable : null
  }
}

const EXPLAINED = new Set(["fail", "error", "unknown", "waiver_not_needed", "waived"])

const readKind = (data, given) => {
  const texts = data.texts
  const kind = {
    kind: given.kind,
    controls: given.controls.map((id) => data.byId.get(id)),
    subjects: [],
    first: given.parts,
  }
  let explained = 0
  given.names.forEach((name, number) => {
    const subject = {
      of: kind,
      number,
      name: texts[name],
      uuid: given.uuids[number],
      ref: given.refs[number] ?? "",
      pool: texts[given.pools[number]],
      host: texts[given.hosts[number]],
      state: texts[given.states[number]],
      template: texts[given.templates[number]],
      windows: given.windows[number],
      tags: given.tags[number].map((tag) => texts[tag]),
      words: new Array(kind.controls.length),
      reasons: new Map(),
      counts: new Counts(),
      hay: "",
    }
    for (let position = 0; position < kind.controls.length; position++) {
      const word = data.words.get(given.grid[number * kind.controls.length + position])
      subject.words[position] = word
      if (!word) continue
      subject.counts.ranks[word.rank]++
      kind.controls[position].counts.ranks[word.rank]++
      if (EXPLAINED.has(word.word)) subject.reasons.set(position, texts[given.reasons[explained++]])
    }
    kind.subjects.push(subject)
  })
  for (const subject of kind.subjects) {
    const host = data.hosts[subject.host] ?? ""
    subject.hay = [subject.name, subject.uuid, host, subject.template, ...subject.tags]
      .join("\n")
      .toLowerCase()
  }
  return kind
}

const read = (data) => {
  data.words = new Map(
    data.words.map(([word, code, label, short, symbol], rank) => [
      code,
      { word, code, label, short, symbol, rank },
    ]),
  )
  for (const { word, rank } of data.words.values()) RANKS.set(word, rank)
  data.look = Object.fromEntries([...data.words.values()].map((word) => [word.word, word]))
  for (const control of data.controls) control.counts = new Counts()
  data.byId = new Map(data.controls.map((control) => [control.id, control]))
  for (const control of data.controls) control.requirements = []
  data.frameworks = data.frameworks.map(([name, requirements]) => ({
    name,
    requirements: requirements.map(([number, title, ids]) => {
      const controls = ids.map((id) => data.byId.get(id))
      const requirement = { framework: name, number, title, key: `${name} ${number}`, controls }
      for (const control of controls) control.requirements.push(requirement)
      return requirement
    }),
  }))
  data.poolNames = new Map(data.pools)
  data.kinds = data.kinds.map((given) => readKind(data, given))
  data.subjects = data.kinds.flatMap((kind) => kind.subjects)
  data.counts = new Counts()
  for (const subject of data.subjects) data.counts.merge(subject.counts)
  return data
}

let data = null

const load = async () => {
  data = read(await unpack(document.getElementById("poolproof-head").textContent.trim()))
}

const parts = new Map()

// All that was said of a subject: control → [{ reason, evidence, waiver }], worst first.
const details = async (subject) => {
  const part = subject.of.first + Math.floor(subject.number / data.part)
  if (!parts.has(part)) {
    const all = document.getElementById("poolproof-parts").textContent.trim().split(" ")
    parts.set(part, await unpack(all[part]))
  }
  const [fields, columns] = parts.get(part)
  const place = subject.number % data.part
  const values = Object.fromEntries(fields.map(([field, known, holders]) => [field, known[holders[place]]]))
  const told = ([, reason, names, own, waiver]) => ({
    reason,
    evidence: names.map((name) => [name, own[name] ?? values[name]]),
    waiver,
  })
  return new Map(
    subject.of.controls.map((control, position) => {
      const [said, who] = columns[position]
      return [control, who[place].map((number) => told(said[number]))]
    }),
  )
}

// Links

const route = (path, filter = {}) => {
  const query = new URLSearchParams(Object.entries(filter).filter(([, value]) => value)).toString()
  return `#/${path.map(encodeURIComponent).join("/")}${query ? `?${query}` : ""}`
}

const addressOf = (subject, filter = {}) => {
  const pool = data.pools.length > 1 ? [subject.pool] : []
  return route([subject.of.kind, subject.ref || subject.uuid, ...pool], filter)
}

const find = (kind, key, pool) =>
  data.kinds
    .find((each) => each.kind === kind)
    ?.subjects.find((each) => (each.ref || each.uuid) === key && (pool === undefined || each.pool === pool))

const hostOf = (subject) =>
  data.kinds
    .find((kind) => kind.kind === "host")
    ?.subjects.find((host) => host.uuid && host.uuid === subject.host)

const worst = (control) => data.severities.indexOf(control.severity)
