// Pictures of many verdicts. Each has its numbers in words or in a table beside it.

const ORDER = ["fail", "error", "unknown", "waived", "waiver_not_needed", "pass", "not_applicable"]

const inWords = (counts) =>
  ORDER.filter((word) => counts.of(word))
    .map((word) => `${count(counts.of(word))} ${data.look[word].label}`)
    .join(", ") || "nothing judged"

// Words as lengths of one bar.
const bar = (counts) =>
  el(
    "div.bar",
    { role: "img", "aria-label": inWords(counts), title: inWords(counts) },
    ORDER.filter((word) => counts.of(word)).map((word) =>
      el(`span.fill.${word}`, { style: { flexGrow: counts.of(word) } }),
    ),
  )

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

// Every subject of a kind from left to right, worst first; every control from top to bottom.
const heatMap = (kind) => {
  const canvas = el("canvas", { role: "img" })
  const told = el(
    "p.hint",
    { "aria-hidden": "true" },
    "Point at a place to read it; a click opens the object.",
  )
  const rows = kind.controls.length
  const high = rows <= 40 ? 12 : 8
  const label = rows <= 40 ? 118 : 0
  let wide = 1
  let across = 1
  const subjectsAt = (column) => {
    const from = Math.floor((column * kind.subjects.length) / across)
    return kind.subjects.slice(
      from,
      Math.max(from + 1, Math.floor(((column + 1) * kind.subjects.length) / across)),
    )
  }
  const worstOf = (subjects, position) => {
    let found = null
    for (let number = 0; number < subjects.length; number++) {
      const word = subjects[number].words[position]
      if (word && (!found || word.rank < found.rank)) found = word
    }
    return found
  }
  let room = 0
  const draw = () => {
    if (!room) return
    const ratio = window.devicePixelRatio || 1
    wide = Math.max(1, Math.min(22, Math.floor((room - label) / kind.subjects.length)))
    across = Math.max(1, Math.min(kind.subjects.length, Math.floor((room - label) / wide)))
    Object.assign(canvas.style, { width: `${label + across * wide}px`, height: `${rows * high}px` })
    canvas.width = (label + across * wide) * ratio
    canvas.height = rows * high * ratio
    const paint = canvas.getContext("2d")
    paint.scale(ratio, ratio)
    paint.font = "10px system-ui, sans-serif"
    paint.textBaseline = "middle"
    const fills = Object.fromEntries(ORDER.map((word) => [word, colour(`--heat-${word}`)]))
    const ink = colour("--heat-ink")
    const gap = wide > 5 ? 1 : 0
    for (let column = 0; column < across; column++) {
      const subjects = subjectsAt(column)
      for (let position = 0; position < rows; position++) {
        const word = worstOf(subjects, position)
        if (!word) continue
        paint.fillStyle = fills[word.word]
        // Where there is no room for symbols the form tells them apart: findings fill their place, doubts half of it.
        const doubt = EXPLAINED.has(word.word) && !FINDINGS.includes(word.word)
        const inset = doubt && (wide < 9 || high < 11) ? high / 4 : 0
        paint.fillRect(label + column * wide, position * high + inset, wide - gap, high - 1 - 2 * inset)
        if (wide < 9 || high < 11 || word.word === "pass" || word.word === "not_applicable") continue
        paint.fillStyle = ink
        paint.textAlign = "center"
        paint.fillText(word.symbol, label + column * wide + wide / 2, position * high + high / 2)
      }
    }
    paint.fillStyle = colour("--muted")
    paint.textAlign = "left"
    if (label)
      kind.controls.forEach((control, position) => paint.fillText(control.id, 0, position * high + high / 2))
  }
  const under = (event) => {
    const column = Math.floor((event.offsetX - label) / wide)
    const position = Math.floor(event.offsetY / high)
    if (column < 0 || column >= across || position >= rows) return {}
    return { subjects: subjectsAt(column), position }
  }
  canvas.addEventListener("mousemove", (event) => {
    const { subjects, position } = under(event)
    if (!subjects) return
    const word = worstOf(subjects, position)
    const more = subjects.length > 1 ? ` and ${count(subjects.length - 1)} more, the worst:` : ":"
    told.textContent = `${subjects[0].name}${more} ${kind.controls[position].id} ${word?.symbol ?? ""} ${word?.label ?? "not judged"}`
  })
  canvas.addEventListener("click", (event) => {
    const { subjects, position } = under(event)
    if (subjects) location.hash = addressOf(subjects[0], { control: kind.controls[position].id })
  })
  const total = new Counts()
  for (const subject of kind.subjects) total.merge(subject.counts)
  const [one, many] = KINDS[kind.kind]
  canvas.setAttribute(
    "aria-label",
    `Heat map of ${plural(kind.subjects.length, one, many)} by ${plural(rows, "control")}: ${inWords(total)}`,
  )
  const whole = el("div.heat", {}, canvas, told)
  new ResizeObserver(() => {
    if (room === whole.clientWidth) return
    room = whole.clientWidth
    draw()
  }).observe(whole)
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw)
  return whole
}

const legend = () =>
  el(
    "ul.legend",
    {},
    ORDER.filter((word) => data.counts.of(word)).map((word) =>
      el("li", {}, el(`span.fill.${word}`, {}, data.look[word].symbol), ` ${data.look[word].label}`),
    ),
  )

// Compliance over time: the share of applicable verdicts that pass, a point for each run.
const sparkline = (series) => {
  const scores = series
    .map(([at, words]) => {
      const counts = new Counts()
      counts.ranks.set(words)
      return [at, counts.score]
    })
    .filter(([, score]) => score !== null)
  if (scores.length < 2) return null
  const [wide, high, edge] = [320, 56, 4]
  const least = Math.min(...scores.map(([, score]) => score))
  const most = Math.max(...scores.map(([, score]) => score))
  const across = (position) => edge + (position * (wide - 2 * edge)) / (scores.length - 1)
  const down = (score) => edge + (most === least ? 0.5 : (most - score) / (most - least)) * (high - 2 * edge)
  const points = scores.map(
    ([, score], position) => `${across(position).toFixed(1)},${down(score).toFixed(1)}`,
  )
  const [, first] = scores[0]
  const [, last] = scores[scores.length - 1]
  const says = `Compliance over ${plural(scores.length, "run")} from ${clock(scores[0][0])}: ${percent(first)} then, ${percent(last)} now; between ${percent(least)} and ${percent(most)}`
  return el(
    "figure.spark",
    {},
    svg(
      "svg",
      { viewBox: `0 0 ${wide} ${high}`, width: wide, height: high, role: "img", "aria-label": says },
      svg("polyline", { points: points.join(" "), class: "line" }),
      svg("circle", { cx: across(scores.length - 1), cy: down(last), r: 3, class: "dot" }),
    ),
    el("figcaption", {}, says, "."),
  )
}
