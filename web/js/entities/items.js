// The three collections: what each holds, and which role may change it. The backend decides; this only spares dead ends.

import { path } from "../api.js";
import { attributeLines, parseAttributes } from "../attributes.js";
import { formatInstant, formatNumber, formatPrice, times } from "../format.js";

const WRITERS = ["member", "admin"];
const PRICE = { inputmode: "decimal", hint: "A decimal number, such as 12.50", required: true };

// As text, so that no digit is lost. `1,234` may be a thousand or a little more than one, so it is not guessed at.
function parsePrice(text) {
  const digits = text.trim().replace(/^([0-9]+),([0-9]{1,2})$/, "$1.$2");
  if (!/^[0-9]+(\.[0-9]+)?$/.test(digits)) throw new RangeError("The price must be a number, such as 12.50.");
  return digits.replace(/^0+(?=[0-9])/, "");
}

function parseQuantity(text) {
  const value = Number(text);
  if (!text || !Number.isInteger(value) || value < 1) throw new RangeError("The quantity must be a whole number from 1.");
  return value;
}

export const items = {
  title: "Items",
  lead: "What your tenant sells, spread over ten partitions.",
  noun: "item",
  list: "/items",
  key: "items",
  writers: WRITERS,
  versioned: true,
  id: (item) => item.product_id,
  name: (item) => item.name,
  one: (item) => path("items", item.product_id),
  create: { method: "POST", where: () => "/items" },
  row: (item) => ({
    main: item.name,
    meta: [item.shard_id, `Version ${formatNumber(item.version)}`, formatInstant(item.created_at)],
    detail: attributeLines(item.attributes).join(" · "),
    number: formatPrice(item.price),
  }),
  fields: [
    { name: "name", label: "Name", required: true, maxlength: 200, of: (item) => item.name },
    { name: "price", label: "Price", ...PRICE, of: (item) => item.price, parse: parsePrice },
    {
      name: "attributes", label: "Attributes", kind: "textarea",
      hint: "One a line, such as colour: red. Quotes keep text as it is: \"a:b\": \"12\"",
      of: (item) => attributeLines(item.attributes).join("\n"), parse: parseAttributes,
    },
  ],
};

export const cart = {
  title: "Cart",
  lead: "Lines in the order in which they were added.",
  noun: "line",
  list: "/cart",
  key: "lines",
  newest: "last",
  writers: WRITERS,
  id: (line) => line.item_id,
  name: (line) => line.description,
  one: (line) => path("cart", line.item_id),
  // The time keeps the order; the rest keeps two people's lines of one millisecond apart.
  create: { method: "PUT", where: () => path("cart", `${Date.now()}-${crypto.randomUUID().slice(0, 8)}`) },
  row: (line) => ({
    main: line.description,
    meta: [`${formatNumber(line.quantity)} × ${formatPrice(line.price)}`],
    number: formatPrice(times(line.price, line.quantity)),
  }),
  fields: [
    { name: "description", label: "Description", required: true, maxlength: 1000, of: (line) => line.description },
    { name: "price", label: "Price of one", ...PRICE, of: (line) => line.price, parse: parsePrice },
    {
      name: "quantity", label: "Quantity", kind: "number", min: 1, max: 1000000, required: true,
      of: (line) => line?.quantity ?? 1, parse: parseQuantity,
    },
  ],
};

export const users = {
  title: "Users",
  lead: "Your tenant's directory, kept in PostgreSQL.",
  noun: "user",
  list: "/users",
  key: "users",
  writers: ["admin"],
  id: (user) => user.user_id,
  name: (user) => user.display_name,
  one: (user) => path("users", user.user_id),
  create: { method: "POST", where: () => "/users" },
  row: (user) => ({ main: user.display_name, meta: [user.email, formatInstant(user.created_at)] }),
  fields: [
    { name: "display_name", label: "Name", required: true, maxlength: 200, of: (user) => user.display_name },
    { name: "email", label: "Email", kind: "email", required: true, maxlength: 254, of: (user) => user.email },
  ],
};
