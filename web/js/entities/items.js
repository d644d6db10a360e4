// Items: a catalogue whose rows spread over partitions.

import { attributeLines, parseAttributes } from "../attributes.js";
import { formatInstant, formatNumber, formatPrice } from "../format.js";
import { price, text } from "../inputs.js";

export const entity = {
  noun: "item",
  lead: "What your tenant sells, spread over ten partitions.",
  versioned: true,
  byKey: { partition: "shard_id", id: "product_id", kind: "item", shards: 10 },
  id: (item) => item.product_id,
  name: (item) => item.name,
  row: (item) => ({
    main: item.name,
    meta: [item.shard_id, `Version ${formatNumber(item.version)}`, formatInstant(item.created_at)],
    detail: attributeLines(item.attributes).join(" · "),
    number: formatPrice(item.price),
  }),
  fields: [
    text("name", "Name"),
    price("price", "Price"),
    {
      name: "attributes", label: "Attributes", kind: "textarea",
      hint: "One a line, such as colour: red. Quotes keep text as it is: \"a:b\": \"12\"",
      of: (item) => attributeLines(item.attributes).join("\n"), parse: parseAttributes,
    },
  ],
};
