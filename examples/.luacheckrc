std = "luajit"
cache = false
-- Methods that Kong calls need not use their object.
self = false
globals = { "ngx" }
files["plugin/kong"].read_globals = { "kong" }
