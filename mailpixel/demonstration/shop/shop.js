// The demonstration shop: a catalogue, a cart in the memory of the tab, and what it tells mailpixel.
const ITEMS = [
  { item_id: "boots", item_name: "Rain boots", price: 59.9, about: "Rubber, lined, in green." },
  { item_id: "coat", item_name: "Rain coat", price: 89, about: "Keeps out what comes from above." },
  { item_id: "umbrella", item_name: "Umbrella", price: 24.5, about: "For two, if they like each other." },
];
const CURRENCY = "EUR";
const page = document.body.dataset.page;
const main = document.querySelector("main");

const money = (value) => `${value.toFixed(2)} ${CURRENCY}`;
const element = (tag, text, fields = {}) => Object.assign(document.createElement(tag), { textContent: text }, fields);
const tell = (name, lines, more = {}) => mailpixel("track", name, {
  currency: CURRENCY,
  value: Math.round(lines.reduce((sum, line) => sum + line.price * (line.quantity || 1), 0) * 100) / 100,
  items: lines.map(({ about, ...line }) => line),
  ...more,
});

// The cart
const read = () => JSON.parse(sessionStorage.getItem("cart") || "[]");
const write = (lines) => sessionStorage.setItem("cart", JSON.stringify(lines));
const add = (item) => {
  const lines = read(), line = lines.find((each) => each.item_id === item.item_id);
  if (line) line.quantity += 1;
  else lines.push({ ...item, quantity: 1 });
  write(lines);
  tell("add_to_cart", [{ ...item, quantity: 1 }]);
};
const table = (lines) => {
  const list = element("ul", "");
  for (const line of lines) list.append(element("li", `${line.quantity} × ${line.item_name}, ${money(line.price * line.quantity)}`));
  return list;
};

// Consent: asked once, kept by the shop itself, and told to mailpixel on every page.
const CHOICES = {
  all: { measure: true, identify: true, share: false, personalise: false },
  measure: { measure: true, identify: false, share: false, personalise: false },
  none: { measure: false, identify: false, share: false, personalise: false },
};
const say = () => {
  const choice = localStorage.getItem("shop-consent");
  if (choice in CHOICES) mailpixel("consent", CHOICES[choice], { version: "shop-1" });
  document.getElementById("banner").hidden = choice in CHOICES;
};
const ask = () => {
  const banner = element("section", "", { id: "banner", hidden: true });
  banner.setAttribute("aria-label", "Consent");
  banner.append(element("p", "May this shop measure your visit, and know you again by the mail that led you here?"));
  for (const [choice, words] of [["all", "Yes, both"], ["measure", "Only measure"], ["none", "No"]])
    banner.append(element("button", words, { onclick: () => { localStorage.setItem("shop-consent", choice); say(); } }));
  document.body.append(banner);
  document.getElementById("again").onclick = () => { banner.hidden = false; };
  say();
  addEventListener("pageshow", (event) => event.persisted && say()); // the choice may have changed meanwhile
};

const PAGES = {
  list() {
    for (const item of ITEMS) {
      const link = element("a", `${item.item_name}, ${money(item.price)}`, { href: `product.html?item=${item.item_id}` });
      link.onclick = () => tell("select_item", [item]);
      main.append(Object.assign(element("p", ""), {}));
      main.lastChild.append(link);
    }
    tell("view_item_list", ITEMS);
  },
  product() {
    const item = ITEMS.find((each) => each.item_id === new URLSearchParams(location.search).get("item")) || ITEMS[0];
    main.querySelector("h1").textContent = item.item_name;
    main.append(element("p", item.about), element("p", money(item.price)));
    main.append(element("button", "Add to cart", { onclick: () => { add(item); location.href = "cart.html"; } }));
    tell("view_item", [item]);
  },
  cart() {
    const lines = read();
    if (!lines.length) return main.append(element("p", "Nothing is in it yet."));
    main.append(table(lines), element("a", "Checkout", { href: "checkout.html", className: "button" }));
    return tell("view_cart", lines);
  },
  checkout() {
    const lines = read();
    if (!lines.length) return main.append(element("p", "The cart is empty."));
    main.append(table(lines), element("p", "Nothing is delivered, and nobody pays."));
    main.append(element("button", "Order", {
      onclick: () => {
        const order = `D-${Date.now()}`;
        sessionStorage.setItem("order", JSON.stringify({ order, lines }));
        write([]);
        location.href = "thanks.html";
      },
    }));
    return tell("begin_checkout", lines);
  },
  thanks() {
    const { order, lines } = JSON.parse(sessionStorage.getItem("order") || "{}");
    if (!order) return main.append(element("p", "There is no order."));
    main.append(element("p", `Your order is ${order}. Load this page again: it is still one order.`));
    return tell("purchase", lines, { transaction_id: order });
  },
};

ask();
PAGES[page]();
