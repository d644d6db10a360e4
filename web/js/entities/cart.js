// The cart: lines, each at an address that the page makes.

import { path } from "../api.js";
import { formatNumber, formatPrice, times } from "../format.js";
import { integer, price, text } from "../inputs.js";

export const entity = {
  noun: "line",
  lead: "Lines in the order in which they were added.",
  key: "lines",
  newest: "last",
  // The time keeps the order; the rest keeps two people's lines of one millisecond apart.
  create: { method: "PUT", where: () => path("cart", `${Date.now()}-${crypto.randomUUID().slice(0, 8)}`) },
  id: (line) => line.item_id,
  name: (line) => line.description,
  row: (line) => ({
    main: line.description,
    meta: [`${formatNumber(line.quantity)} × ${formatPrice(line.price)}`],
    number: formatPrice(times(line.price, line.quantity)),
  }),
  fields: [
    text("description", "Description", { maxlength: 1000 }),
    price("price", "Price of one"),
    integer("quantity", "Quantity", { min: 1, max: 1_000_000, initial: "1" }),
  ],
};
