--- What may be configured on a route.
return {
  name = "emqx-rebalance",
  fields = {
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
