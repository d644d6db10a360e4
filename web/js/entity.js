// The entities that the configuration lists, each with what its own module says of it.

import { path } from "./api.js";

// What follows from an entity's name is filled in, unless its module says otherwise: where its rows are, under which
// `key` an answer holds them, and how one is made. `missing` is the module that could not be loaded, else null.
export async function load({ name, title, writers }) {
  const module = `js/entities/${name}.js`;
  const listed = { route: name, title, writers };
  try {
    const { entity } = await import(`./entities/${name}.js`);
    if (!entity) throw new TypeError(`${module} exports no entity.`);
    const list = path(name);
    return {
      ...listed,
      missing: null,
      list,
      key: name,
      create: { method: "POST", where: () => list },
      one: (thing) => path(name, entity.id(thing)),
      ...entity,
    };
  } catch (error) {
    console.error(error); // for who writes the module
    return { ...listed, missing: module };
  }
}
