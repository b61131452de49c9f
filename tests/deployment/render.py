"""Renders the chart with the engine of Helm itself, and lints it. Takes the folder of the chart and the values as JSON."""

import json
import sys

import helm_python
from helm_python.chart import lint

folder, values = sys.argv[1], json.loads(sys.argv[2])
found = lint(folder, values, strict=True)
with helm_python.Chart.load(folder) as chart:
    files = chart.render(values, name="orders", namespace="shop")
print(json.dumps({"lint": found, "files": files}))
