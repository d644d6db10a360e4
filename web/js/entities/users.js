// Users: a directory kept in PostgreSQL.

import { formatInstant } from "../format.js";
import { email, text } from "../inputs.js";

export const entity = {
  noun: "user",
  lead: "Your tenant's directory, kept in PostgreSQL.",
  id: (user) => user.user_id,
  name: (user) => user.display_name,
  row: (user) => ({ main: user.display_name, meta: [user.email, formatInstant(user.created_at)] }),
  fields: [text("display_name", "Name"), email("email", "Email")],
};
