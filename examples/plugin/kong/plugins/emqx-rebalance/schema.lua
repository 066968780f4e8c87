--- What may be configured on a route. Kong refuses every other word.
local typedefs = require "kong.db.schema.typedefs"

return {
  name = "emqx-rebalance",
  fields = {
    -- It answers HTTP, and nothing else.
    { protocols = typedefs.protocols_http },
    -- Of a route, for all who may ask there.
    { consumer = typedefs.no_consumer },
    {
      config = {
        type = "record",
        fields = {
          -- Whether the route answers plan and status alone.
          { read_only = { type = "boolean", default = false } },
        },
      },
    },
  },
}
