{{- define "controller.fullname" -}}
{{- default .Release.Name .Values.fullnameOverride | trunc 63 | trimSuffix "-" | trimSuffix "." -}}
{{- end -}}

{{/* A name with an end to it, of the 63 characters that a Service's may have. */}}
{{- define "controller.named" -}}
{{- $end := printf "-%s" .end -}}
{{- include "controller.fullname" .root | trunc (sub 63 (len $end) | int) | trimSuffix "-" | trimSuffix "." }}{{ $end }}
{{- end -}}

{{/* By the tag, or by the digest where there is one: that is always the same image. */}}
{{- define "controller.image" -}}
{{- $tag := default .Chart.AppVersion .Values.image.tag -}}
{{- with (.Values.image).digest -}}
{{- printf "%s@%s" $.Values.image.repository . -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository $tag -}}
{{- end -}}
{{- end -}}

{{- define "controller.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "controller.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "controller.lease" -}}
{{- default (include "controller.fullname" .) .Values.leaderElection.leaseName -}}
{{- end -}}

{{/* The namespaces that are looked after, with commas between them; empty: all of them. */}}
{{- define "controller.namespaces" -}}
{{- $more := default list .Values.watchNamespaces -}}
{{- join "," (prepend $more .Values.watchNamespace | compact | uniq) -}}
{{- end -}}

{{- define "controller.selector" -}}
app.kubernetes.io/name: emqx-rebalance-controller
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "controller.labels" -}}
{{ include "controller.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 }}
{{- end -}}

{{/*
Takes the rules out of a definition: Kubernetes before 1.25 does not know them, and refuses what it does
not know.
*/}}
{{- define "controller.withoutRules" }}
{{- $_ := unset . "x-kubernetes-validations" }}
{{- range $value := values . }}
{{- if kindIs "map" $value }}
{{- include "controller.withoutRules" $value }}
{{- else if kindIs "slice" $value }}
{{- range $item := $value }}
{{- if kindIs "map" $item }}
{{- include "controller.withoutRules" $item }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
