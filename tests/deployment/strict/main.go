// Reads manifests as Kubernetes' own types have them. A field that they do not have, or of another type, is an error.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
)

type manifest struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
}

func target(m manifest) any {
	switch m.APIVersion + " " + m.Kind {
	case "apps/v1 StatefulSet":
		return &apps.StatefulSet{}
	case "v1 ConfigMap":
		return &core.ConfigMap{}
	case "v1 Service":
		return &core.Service{}
	case "v1 ServiceAccount":
		return &core.ServiceAccount{}
	case "networking.k8s.io/v1 NetworkPolicy":
		return &networking.NetworkPolicy{}
	case "policy/v1 PodDisruptionBudget":
		return &policy.PodDisruptionBudget{}
	}
	return nil
}

// One line for each manifest of the list that stands in the standard input, in JSON: its kind, and what is wrong with it.
func main() {
	var list []json.RawMessage
	if err := json.NewDecoder(os.Stdin).Decode(&list); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, raw := range list {
		var m manifest
		if err := json.Unmarshal(raw, &m); err != nil {
			fmt.Println(err)
			continue
		}
		into := target(m)
		if into == nil {
			fmt.Println(m.Kind, "not of Kubernetes")
			continue
		}
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(into); err != nil {
			fmt.Println(m.Kind, err)
			continue
		}
		fmt.Println(m.Kind, "ok")
	}
}
