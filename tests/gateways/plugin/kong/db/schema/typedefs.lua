--- The types of Kong's schemas that the plugin uses.
return {
  protocols_http = { type = "set", elements = { type = "string", one_of = { "grpc", "grpcs", "http", "https" } } },
  no_consumer = { type = "foreign", reference = "consumers", eq = "null" },
}
