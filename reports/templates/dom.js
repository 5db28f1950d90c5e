// Elements are made here and nowhere else: text becomes text, never markup.

const add = (node, ...children) => {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) node.append(child)
  }
  return node
}

const dress = (node, properties) => {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value)
    else if (name === "style") Object.assign(node.style, value)
    else node.setAttribute(name, value === true ? "" : value)
  }
  return node
}

// el("li.fail", { title: "…" }, "text", node, [more])
const el = (what, properties = {}, ...children) => {
  const [tag, ...classes] = what.split(".")
  const node = document.createElement(tag)
  if (classes.length) node.className = classes.join(" ")
  return add(dress(node, properties), ...children)
}

const svg = (tag, properties, ...children) =>
  add(dress(document.createElementNS("http://www.w3.org/2000/svg", tag), properties), ...children)

const link = (href, ...children) => el("a", { href }, ...children)

const count = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ",")

// A column of numbers, by which its table can be sorted.
const counted = (title, value) => ({
  title,
  number: true,
  value,
  cell: (each) => count(value(each)),
})

const plural = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`

const percent = (share) => {
  if (share === null) return "–"
  // Only what is whole is called so.
  const rounded = Math.round(share * 100)
  return `${share < 1 ? Math.min(rounded, 99) : rounded} %`
}

const clock = (timestamp) => timestamp.replace("T", " ").replace("Z", " UTC")

// A table whose heads sort it. columns: { title, cell(item), value(item)?, number?, head? }
const table = (caption, columns, items, sorted = null) => {
  let order = items
  let by = sorted
  let up = true
  const body = el("tbody")
  const fill = () =>
    body.replaceChildren(
      ...order.map((item) =>
        el(
          "tr",
          {},
          columns.map((column) => {
            const what = column.head ? "th" : "td"
            return el(
              column.number ? `${what}.number` : what,
              column.head ? { scope: "row" } : {},
              column.cell(item),
            )
          }),
        ),
      ),
    )
  const heads = columns.map((column) => {
    const properties = { scope: "col", class: column.number ? "number" : null }
    if (!column.value) return el("th", properties, column.title)
    const sort = () => {
      up = by === column ? !up : !column.number
      by = column
      order = [...items].sort((a, b) => {
        const [left, right] = [column.value(a), column.value(b)]
        return (left < right ? -1 : left > right ? 1 : 0) * (up ? 1 : -1)
      })
      for (const [position, other] of columns.entries()) {
        if (other === by) heads[position].setAttribute("aria-sort", up ? "ascending" : "descending")
        else heads[position].removeAttribute("aria-sort")
      }
      fill()
    }
    return el("th", properties, el("button.sort", { type: "button", onclick: sort }, column.title))
  })
  fill()
  const whole = el("table", {}, el("caption.unseen", {}, caption), el("thead", {}, el("tr", {}, heads)), body)
  return el("div.scroll", { tabindex: 0, role: "region", "aria-label": caption }, whole)
}

// A choice with its label. options: [value, label], or [name of a group, options].
const choice = (name, label, any, options, value, change) => {
  const make = ([of, told]) =>
    Array.isArray(told) ? el("optgroup", { label: of }, told.map(make)) : el("option", { value: of }, told)
  const input = el(
    "select",
    { id: `filter-${name}`, onchange: (event) => change(event.target.value) },
    el("option", { value: "" }, any),
    options.map(make),
  )
  input.value = value
  return el("div", {}, el("label", { for: input.id }, label), input)
}

// A list that shows its first items, and more of them when asked.
const SHOWN = 20
const MORE = 200
let atFirst = SHOWN
const list = (items, show, what = "ul.list") => {
  const whole = el(what)
  let shown = 0
  const grow = (number) => {
    add(
      whole,
      items.slice(shown, shown + number).map((item) => el("li", {}, show(item))),
    )
    shown = Math.min(items.length, shown + number)
    if (shown < items.length) {
      const left = items.length - shown
      const more = el(
        "button",
        { type: "button" },
        `show ${count(Math.min(left, MORE))} of ${count(left)} more`,
      )
      const last = el(
        "li.more",
        {},
        more,
        el("span.on-paper", {}, `and ${count(left)} more, in results.json`),
      )
      more.addEventListener("click", () => {
        last.remove()
        const next = whole.children.length
        grow(MORE)
        whole.children[next]?.querySelector("a, button")?.focus()
      })
      add(whole, last)
    }
  }
  grow(atFirst)
  return whole
}
