#include "benchmarks/load/report.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "benchmarks/load/results.h"
#include "benchmarks/load/svg.h"

namespace sluice::bench {
namespace {

using nlohmann::json;

constexpr char kStyle[] = R"(
:root { color-scheme: light; }
body { font: 15px/1.45 system-ui, sans-serif; color: #1c1c1c; max-width: 84rem; margin: 2rem auto;
       padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; } h2 { font-size: 1.2rem; margin-top: 2.2rem; }
p.facts { color: #555; margin-top: 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%;
        font-size: 13px; }
th, td { padding: .2rem .45rem; text-align: right; border-bottom: 1px solid #ddd;
         white-space: nowrap; }
p.bad { color: #b00020; font-weight: 600; }
th { font-weight: 600; } th:first-child, td:first-child, td.text, th.text { text-align: left; }
tr.first td { border-top: 2px solid #bbb; } td.bad { color: #b00020; font-weight: 600; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(26rem, 1fr)); gap: 1.5rem; }
figure { margin: 0; break-inside: avoid; } figcaption { font-weight: 600; margin-bottom: .3rem; }
svg { width: 100%; height: auto; font: 12px system-ui, sans-serif; }
svg .grid { stroke: #e2e2e2; } svg .axis { stroke: #888; }
svg polyline { fill: none; stroke-width: 2; }
@media print {
  @page { margin: 1.5cm; }
  body { max-width: none; margin: 0; padding: 0; font-size: 10pt; }
  table { font-size: 6.5pt; } th, td { padding: .1rem .2rem; }
  h2 { break-after: avoid; } tr { break-inside: avoid; }
  .charts { grid-template-columns: 1fr 1fr; }
  svg rect, svg circle { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
)";

struct Row {
  std::string series;
  json run;

  // What the run is called where runs are told apart; points of a curve share their plain label.
  std::string label() const {
    if (!on_curve()) return plain_label();
    return absl::StrCat(plain_label(), " (", curve_name(), " ", ShortNumber(curve_at()), ")");
  }
  std::string plain_label() const { return run.at("label").get<std::string>(); }
  bool on_curve() const { return run.contains("curve"); }
  std::string curve_name() const { return run.at("curve").at("name").get<std::string>(); }
  double curve_at() const { return run.at("curve").at("at").get<double>(); }
  double number(const char* key) const { return run.value(key, 0.0); }
  // Of the server's figures; below 0 if there is none.
  double server(const char* key) const {
    return run.contains("server") ? run["server"].value(key, -1.0) : -1.0;
  }
  // Of what moves blocks this large bytes count, of everything else, listings too, operations.
  bool moves_data() const {
    return number("bytes") > 0 && number("entries") == 0 &&
           number("bytes") >= 65536 * number("operations");
  }
  int connections() const { return run.at("options").value("connections", 1); }
};

struct Page {
  std::vector<Row> rows;
  std::vector<std::string> series;  // in the order of the files
  std::vector<std::string> labels;  // in the order in which they first came
  std::string facts;
  std::vector<std::string> failures;  // what ended a file's suite before its end
};

absl::StatusOr<Page> Load(const std::vector<std::string>& results) {
  Page page;
  for (const std::string& path : results) {
    std::ifstream file(path);
    const json document = json::parse(file, nullptr, false);
    if (document.is_discarded() || !document.is_object() || !document.contains("runs")) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, " is not a file of results; make one with sluicebench run --json"));
    }
    const std::string series = std::filesystem::path(path).stem().string();
    page.series.push_back(series);
    try {
      for (const json& run : document.at("runs")) {
        page.rows.push_back({series, run});
        const std::string label = page.rows.back().label();
        page.rows.back().run.at("latency_us").at("p50").get<double>();
        page.rows.back().connections();
        if (page.rows.back().on_curve()) page.rows.back().curve_at();
        if (std::find(page.labels.begin(), page.labels.end(), label) == page.labels.end()) {
          page.labels.push_back(label);
        }
      }
      if (document.contains("failed")) {
        page.failures.push_back(
            absl::StrCat(series, ": ", document.at("failed").get<std::string>()));
      }
      if (!page.facts.empty()) continue;
      const json& machine = document.at("machine");
      page.facts = absl::StrCat(document.value("when", ""), ", ",
                                machine.value("processor", "unknown processor"), ", ",
                                machine.value("cores", 0), " cores, ", machine.value("kernel", ""));
    } catch (const json::exception& error) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": ", error.what()));
    }
  }
  const auto place = [&page](const Row& row) {
    return std::find(page.labels.begin(), page.labels.end(), row.label()) - page.labels.begin();
  };
  std::stable_sort(page.rows.begin(), page.rows.end(), [&place](const Row& a, const Row& b) {
    return place(a) < place(b);  // what is to be compared stands together
  });
  return page;
}

std::string Micros(double micros) {
  if (micros >= 1e6) return absl::StrFormat("%.2f s", micros / 1e6);
  if (micros >= 1e3) return absl::StrFormat("%.2f ms", micros / 1e3);
  return absl::StrFormat("%.1f us", micros);
}

std::string Cell(double value, const char* format) {
  return value < 0 ? "" : absl::StrFormat(*absl::ParsedFormat<'f'>::New(format), value);
}

std::string Table(const Page& page) {
  std::string html =
      "<div class=\"scroll\"><table><thead><tr><th>run</th><th class=\"text\">of</th>"
      "<th>conn. x depth</th><th class=\"text\">protection</th><th>op/s</th><th>MB/s</th>"
      "<th>p50</th><th>p90</th><th>p99</th><th>p99.9</th><th>max</th><th>CPU us/op</th>"
      "<th>CPU s/GB</th><th>memory</th><th>errors</th></tr></thead><tbody>\n";
  std::string last;
  for (const Row& row : page.rows) {
    const bool first = page.series.size() > 1 && std::exchange(last, row.label()) != row.label();
    const json& latency = row.run["latency_us"];
    uint64_t errors = 0;
    for (const auto& [status, count] : row.run["errors"].items()) errors += count.get<uint64_t>();
    const json& agreed = row.run["agreed"];
    const std::string cipher = agreed.value("cipher", "none");
    const std::string protection = cipher != "none" ? cipher : agreed.value("signing", "none");
    const double memory = row.server("resident_after");
    const double rate = row.number("MB_per_s");
    absl::StrAppend(&html, first ? "<tr class=\"first\"><td>" : "<tr><td>", EscapeHtml(row.label()),
                    "</td><td class=\"text\">", EscapeHtml(row.series), "</td><td>",
                    row.connections(), " x ", row.run["options"].value("depth", 1),
                    "</td><td class=\"text\">", EscapeHtml(protection), "</td><td>",
                    ShortNumber(row.number("operations_per_s")), "</td><td>",
                    Cell(rate > 0 ? rate : -1, "%.1f"));
    for (const char* key : {"p50", "p90", "p99", "p99_9", "max"}) {
      absl::StrAppend(&html, "</td><td>", Micros(latency.value(key, 0.0)));
    }
    absl::StrAppend(&html, "</td><td>", Cell(row.server("cpu_us_per_operation"), "%.2f"),
                    "</td><td>", Cell(row.server("cpu_s_per_GB"), "%.3f"), "</td><td>",
                    memory < 0 ? "" : absl::StrFormat("%.1f MiB", memory / (1 << 20)),
                    errors > 0 ? "</td><td class=\"bad\">" : "</td><td>", errors, "</td></tr>\n");
  }
  return html + "</tbody></table></div>\n";
}

// One group a label, one bar a series; labels of only one series make no comparison.
std::string Bars(const Page& page, const char* title, const char* unit,
                 double (*value)(const Row& row)) {
  BarChart chart;
  chart.title = title;
  chart.unit = unit;
  chart.series = page.series;
  for (const std::string& label : page.labels) {
    const bool compares = std::any_of(page.rows.begin(), page.rows.end(), [&](const Row& row) {
      return row.label() == label && !row.on_curve();
    });
    if (!compares) continue;
    BarChart::Group group{label, std::vector<double>(page.series.size(), -1)};
    for (const Row& row : page.rows) {
      if (row.label() != label) continue;
      const auto at = std::find(page.series.begin(), page.series.end(), row.series);
      group.values[static_cast<size_t>(at - page.series.begin())] = value(row);
    }
    const bool any =
        std::any_of(group.values.begin(), group.values.end(), [](double v) { return v >= 0; });
    if (any) chart.groups.push_back(std::move(group));
  }
  return RenderBars(chart);
}

std::string Comparison(const Page& page) {
  if (page.labels.size() < 2 && page.series.size() < 2) return "";
  std::string charts;
  charts += Bars(page, "Data", "MB/s",
                 [](const Row& row) { return row.moves_data() ? row.number("MB_per_s") : -1.0; });
  charts += Bars(page, "Server CPU by data", "s/GB", [](const Row& row) {
    return row.moves_data() ? row.server("cpu_s_per_GB") : -1.0;
  });
  charts += Bars(page, "Operations", "1/s", [](const Row& row) {
    const double rate = row.number("operations_per_s");
    return row.moves_data() || rate <= 0 ? -1.0 : rate;
  });
  charts += Bars(page, "Server CPU by operation", "us", [](const Row& row) {
    return row.moves_data() ? -1.0 : row.server("cpu_us_per_operation");
  });
  if (charts.empty()) return "";
  return absl::StrCat("<h2>Comparison</h2>\n<div class=\"charts\">", charts, "</div>\n");
}

std::string OverTime(const Page& page, const std::string& label) {
  LineChart chart;
  chart.title = label + ": throughput over time";
  chart.x_name = "seconds";
  bool data = false;
  for (const Row& row : page.rows) data = data || (row.label() == label && row.number("bytes") > 0);
  chart.y_name = data ? "MB/s" : "op/s";
  for (const Row& row : page.rows) {
    if (row.label() != label) continue;
    ChartSeries series{row.series, {}};
    for (const json& interval : row.run["intervals"]) {
      const double seconds = interval.value("seconds", 1.0);
      if (seconds < 0.2) continue;  // the last piece of a second says nothing
      const double amount =
          data ? interval.value("bytes", 0.0) / 1e6 : interval.value("operations", 0.0);
      series.points.emplace_back(interval.value("t", 0.0), amount / seconds);
    }
    chart.series.push_back(std::move(series));
  }
  return RenderLines(chart);
}

// Latency over the quantile, whose distance from 1 is logarithmic, as in HdrHistogram's plots.
std::string Distribution(const Page& page, const std::string& label) {
  LineChart chart;
  chart.title = label + ": latency";
  chart.x_name = "percentile";
  chart.y_name = "us";
  chart.x_log = chart.y_log = true;
  chart.x_ticks = {{1, "0"},       {2, "50"},         {10, "90"},         {100, "99"},
                   {1000, "99.9"}, {10'000, "99.99"}, {100'000, "99.999"}};
  for (const Row& row : page.rows) {
    if (row.label() != label) continue;
    const double total = row.run["latency_us"].value("count", 0.0);
    ChartSeries series{row.series, {}};
    double seen = 0;
    double last_x = 0;
    for (const json& bucket : row.run["histogram"]) {
      seen += bucket.at(1).get<double>();
      const double x = seen < total ? 1 / (1 - seen / total) : 2 * total;
      // A hundred points a decade are a curve.
      if (last_x > 0 && x < last_x * 1.02 && seen < total) continue;
      last_x = x;
      series.points.emplace_back(std::min(x, total), std::max(bucket.at(0).get<double>(), 0.001));
    }
    chart.series.push_back(std::move(series));
  }
  return RenderLines(chart);
}

struct Measure {
  const char* name;
  const char* unit;
  double (*value)(const Row&);  // not above 0: there is none
  bool log = false;
};

// One line for each file and label.
std::string Curve(const Page& page, const std::string& curve, const Measure& measure) {
  LineChart chart;
  chart.title = absl::StrCat(measure.name, " by ", curve);
  chart.x_name = curve;
  chart.y_name = measure.unit;
  chart.y_log = measure.log;
  std::map<std::string, std::map<double, double>> lines;
  std::vector<std::string> names;
  double least = HUGE_VAL, most = 0;
  for (const Row& row : page.rows) {
    if (!row.on_curve() || row.curve_name() != curve) continue;
    const double value = measure.value(row);
    if (value <= 0) continue;
    const std::string name = absl::StrCat(row.plain_label(), ", ", row.series);
    if (lines.count(name) == 0) names.push_back(name);
    lines[name][row.curve_at()] = value;
    least = std::min(least, row.curve_at());
    most = std::max(most, row.curve_at());
  }
  chart.x_log = least > 0 && most >= 8 * least;
  for (const std::string& name : names) {
    ChartSeries series{name, {}};
    for (const auto& [x, y] : lines[name]) series.points.emplace_back(x, y);
    chart.series.push_back(std::move(series));
  }
  return RenderLines(chart);
}

std::string Scaling(const Page& page) {
  static constexpr Measure kMeasures[] = {
      {"Data", "MB/s",
       [](const Row& row) { return row.moves_data() ? row.number("MB_per_s") : 0.0; }},
      {"Operations", "1/s",
       [](const Row& row) { return row.moves_data() ? 0.0 : row.number("operations_per_s"); }},
      {"p99", "us", [](const Row& row) { return row.run["latency_us"].value("p99", 0.0); }},
      {"Server CPU by operation", "us",
       [](const Row& row) { return row.server("cpu_us_per_operation"); }},
      {"Memory of a connection", "KiB",
       [](const Row& row) { return row.server("bytes_per_connection") / 1024; }, true},
  };
  std::set<std::string> names;
  for (const Row& row : page.rows) {
    if (row.on_curve()) names.insert(row.curve_name());
  }
  std::string charts;
  for (const std::string& name : names) {
    for (const Measure& measure : kMeasures) charts += Curve(page, name, measure);
  }
  if (charts.empty()) return "";
  return absl::StrCat("<h2>Scaling</h2>\n<div class=\"charts\">", charts, "</div>\n");
}

}  // namespace

absl::Status WriteReport(const std::vector<std::string>& results, const std::string& title,
                         const std::string& html) {
  const absl::StatusOr<Page> page = Load(results);
  if (!page.ok()) return page.status();
  std::string text = absl::StrCat(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>",
      EscapeHtml(title), "</title>\n<style>", kStyle, "</style></head><body>\n<h1>",
      EscapeHtml(title), "</h1>\n<p class=\"facts\">", EscapeHtml(page->facts), "</p>\n");
  for (const std::string& failure : page->failures) {
    absl::StrAppend(&text, "<p class=\"bad\">Not all was measured: ", EscapeHtml(failure),
                    "</p>\n");
  }
  absl::StrAppend(&text, Comparison(*page), Scaling(*page), "<h2>Figures</h2>\n", Table(*page));
  absl::StrAppend(&text, "<h2>Runs</h2>\n<div class=\"charts\">\n");
  for (const std::string& label : page->labels) {
    absl::StrAppend(&text, OverTime(*page, label), Distribution(*page, label));
  }
  absl::StrAppend(&text, "</div>\n</body></html>\n");
  return WriteText(html, text);
}

}  // namespace sluice::bench
