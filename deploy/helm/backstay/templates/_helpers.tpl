{{- define "backstay.name" -}}
{{- if contains "backstay" .Release.Name -}}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{- else -}}{{ printf "%s-backstay" .Release.Name | trunc 50 | trimSuffix "-" }}{{- end -}}
{{- end -}}

{{- define "backstay.selector" -}}
app.kubernetes.io/name: backstay
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: controller
{{- end -}}

{{- define "backstay.labels" -}}
{{ include "backstay.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "backstay.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (include "backstay.name" .) }}
{{- end -}}

{{- define "backstay.catalogSecret" -}}
{{ .Values.catalog.existingSecret | default (printf "%s-catalog" (include "backstay.name" .)) }}
{{- end -}}

{{- define "backstay.storeSecret" -}}
{{ .Values.store.existingSecret | default (printf "%s-store" (include "backstay.name" .)) }}
{{- end -}}
