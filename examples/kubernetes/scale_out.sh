#!/bin/sh
# The job after a scale-out, for a pipeline: levels the EMQX that is named, drops no more clients than allowed, and
# leaves what became of it as JSON.
#
#     NAMESPACE=mqtt sh scale_out.sh emqx > outcome.json       # WAIT: seconds for load balancers, and for clients
#
# Ends with 0 if the cluster is level, with 1 if it is not. The object goes a day after its end.
set -eu
wait=${WAIT:-60}
kubectl() { command kubectl --namespace "${NAMESPACE:-default}" "$@"; }

made=$(kubectl create --output=name --filename=- <<END
apiVersion: emqx-rebalance.io/v1alpha1
kind: LoadRebalance
metadata:
  generateName: scale-out-
spec:
  target:
    instance: {name: $1}
  mode: level
  strategy: {connEvictRate: 100, waitHealthCheck: $wait, waitTakeover: $wait}
  driver: {maxDisconnects: 1.5x}
  reason: scale-out
  ttlSecondsAfterFinished: 86400
END
)
kubectl wait --for=condition=Ended --timeout=6h "$made" >&2
kubectl get "$made" >&2
kubectl get "$made" --output=json
kubectl wait --for=condition=Completed --timeout=1s "$made" >&2
