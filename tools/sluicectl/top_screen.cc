#include "tools/sluicectl/top_screen.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "server/base/printable.h"
#include "tools/sluicectl/latencies.h"
#include "tools/sluicectl/units.h"

namespace sluice::sluicectl {
namespace {

using nlohmann::json;

constexpr double kNanosPerSecond = 1e9;
constexpr int kBarCells = 20;
constexpr int kCommandRowsMax = 10;
// With fewer some columns are left out.
constexpr int kWideColumns = 95;

double Number(const json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || !found->is_number() ? 0 : found->get<double>();
}

std::string Text(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return "";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

// Characters, not bytes, of UTF-8: a byte that begins none counts nothing.
bool Begins(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

// Cut or padded to `width` characters; what is cut loses its beginning where `tail` is set.
std::string Fit(const std::string& text, size_t width, bool tail = false) {
  std::vector<std::string> characters;
  for (const char c : base::Printable(text)) {
    if (Begins(c) || characters.empty()) {
      characters.emplace_back(1, c);
    } else {
      characters.back() += c;
    }
  }
  const size_t extra = characters.size() > width ? characters.size() - width : 0;
  std::string fitted;
  for (size_t i = tail ? extra : 0; i < characters.size() - (tail ? 0 : extra); ++i) {
    fitted += characters[i];
  }
  return fitted + std::string(characters.size() < width ? width - characters.size() : 0, ' ');
}

// A line of one of the tables, and what it is sorted by.
struct Line {
  std::string name;
  double operations = 0;
  double bytes = 0;
  double latency = 0;
  std::string text;
};

class Screen {
 public:
  Screen(const TopSample& before, const TopSample& now, const TopView& view)
      : before_(before), now_(now), view_(view) {
    seconds_ = (Number(now.stats, "uptime_nanos") - Number(before.stats, "uptime_nanos")) /
               kNanosPerSecond;
    if (seconds_ <= 0) seconds_ = 1;
  }

  std::string Render() {
    Head();
    Throughput();
    Loops();
    Crypto();
    Commands();
    // What is left is for shares, clients and files, each with a line of headings and one between.
    const int left = view_.rows - static_cast<int>(lines_.size()) - 1;
    std::vector<Line> shares = Shares();
    std::vector<Line> clients = Clients();
    std::vector<Line> files = Files();
    int rows = std::max(0, left - 6);
    const int of_shares = std::min<int>(static_cast<int>(shares.size()), std::max(1, rows / 4));
    rows -= of_shares;
    const int of_clients = std::min<int>(static_cast<int>(clients.size()), std::max(1, rows / 2));
    rows -= of_clients;
    Table(ShareHeading(), std::move(shares), of_shares);
    Table(ClientHeading(), std::move(clients), of_clients);
    Table(FileHeading(), std::move(files), rows);
    return Finish();
  }

 private:
  double Rate(double before, double now) const { return std::max(0.0, now - before) / seconds_; }
  double Rate(const json& before, const json& now, const char* key) const {
    return Rate(Number(before, key), Number(now, key));
  }

  void Add(std::string line) { lines_.push_back(std::move(line)); }

  // `parts` behind `title`, with `separator` and a space between: as many on a line as fit, the
  // others on further lines below them.
  void AddFlowing(absl::string_view title, absl::string_view separator,
                  const std::vector<std::string>& parts) {
    std::string line(title);
    for (size_t i = 0; i < parts.size(); ++i) {
      const bool last = i + 1 == parts.size();
      const std::string part = absl::StrCat(parts[i], last ? "" : separator);
      if (i != 0 && line.size() + part.size() > static_cast<size_t>(view_.columns)) {
        Add(std::exchange(line, std::string(title.size(), ' ')));
      }
      absl::StrAppend(&line, part, last ? "" : " ");
    }
    Add(std::move(line));
  }

  void Head() {
    const json& s = now_.stats;
    const auto seconds = static_cast<int64_t>(Number(s, "uptime_nanos") / kNanosPerSecond);
    AddFlowing(
        "sluice top - ", ",",
        {absl::StrCat("up ", Age(seconds)),
         absl::StrFormat("%.0f clients", Number(s, "connections")),
         absl::StrFormat("%.0f sessions", Number(s, "sessions")),
         absl::StrFormat("%.0f open files", Number(s, "opens")),
         absl::StrCat(Bytes(Number(s, "resident_bytes")), view_.paused ? "  [paused]" : "")});
  }

  void Throughput() {
    double read = 0;
    double written = 0;
    for (const auto& [name, share] : Member(now_.stats, "shares").items()) {
      const json& then = Member(Member(before_.stats, "shares"), name);
      read += Rate(then, share, "bytes_read");
      written += Rate(then, share, "bytes_written");
    }
    const json& then = Member(before_.stats, "counters");
    const json& counters = Member(now_.stats, "counters");
    AddFlowing(
        "data     ", ";",
        {absl::StrFormat("read %s/s, written %s/s", Bytes(read), Bytes(written)),
         absl::StrFormat("requests %s/s, failures %s/s", Count(Rate(then, counters, "requests")),
                         Count(Rate(then, counters, "failures"))),
         absl::StrFormat("network in %s/s, out %s/s",
                         Bytes(Rate(before_.stats, now_.stats, "network_bytes_received")),
                         Bytes(Rate(before_.stats, now_.stats, "network_bytes_sent")))});
  }

  // As many beside one another as there is room for.
  void Loops() {
    const json& loops = Member(now_.stats, "loops");
    const json& then = Member(before_.stats, "loops");
    const size_t width = kBarCells + 24;
    const size_t beside = std::max<size_t>(1, (static_cast<size_t>(view_.columns) - 9) / width);
    for (size_t i = 0; i < loops.size(); ++i) {
      const double busy =
          Rate(i < then.size() ? then[i] : json::object(), loops[i], "cpu_nanos") / kNanosPerSecond;
      const int cells = std::clamp(static_cast<int>(busy * kBarCells + 0.5), 0, kBarCells);
      const std::string bar = std::string(static_cast<size_t>(cells), '|') +
                              std::string(static_cast<size_t>(kBarCells - cells), ' ');
      const std::string one = absl::StrFormat("%2d [%s] %3.0f %% %5.0f cl.", i, bar, busy * 100,
                                              Number(loops[i], "connections"));
      if (i % beside == 0) {
        Add(i == 0 ? "loops    " : "         ");
      }
      lines_.back() += Fit(one, width);
    }
  }

  void Crypto() {
    double nanos = 0;
    double jobs = 0;
    double bytes = 0;
    double batches = 0;
    std::map<uint64_t, double> sizes;  // by the greatest of the bucket
    const json& loops = Member(now_.stats, "loops");
    const json& then = Member(before_.stats, "loops");
    for (size_t i = 0; i < loops.size(); ++i) {
      const json& earlier = i < then.size() ? then[i] : Member(json::object(), "");
      nanos += Rate(earlier, loops[i], "crypto_nanos");
      jobs += Rate(earlier, loops[i], "crypto_jobs");
      bytes += Rate(earlier, loops[i], "crypto_bytes");
      const json& counts = Member(loops[i], "crypto_batches");
      const json& old = Member(earlier, "crypto_batches");
      for (size_t bucket = 0; bucket < counts.size(); ++bucket) {
        const double n =
            counts[bucket].get<double>() - (bucket < old.size() ? old[bucket].get<double>() : 0);
        sizes[(uint64_t{1} << bucket) - 1] += n;
        batches += n;
      }
    }
    uint64_t p99 = 0;
    double seen = 0;
    for (const auto& [size, n] : sizes) {
      seen += n;
      if (n > 0 && p99 == 0 && seen >= 0.99 * batches) p99 = size;
    }
    const std::string in_batches =
        batches <= 0 ? "no batches"
                     : absl::StrFormat("batches %s/s, of %.1f jobs, 99 %% up to %d",
                                       Count(batches / seconds_), jobs * seconds_ / batches, p99);
    AddFlowing("crypto   ", ";",
               {absl::StrFormat("%3.0f %% of a core, %s jobs/s, %s/s",
                                nanos / kNanosPerSecond * 100, Count(jobs), Bytes(bytes)),
                in_batches, Text(now_.stats, "crypto_processor")});
  }

  // Of a first column that has `others` characters behind it.
  size_t NameWidth(int others) const {
    return static_cast<size_t>(std::clamp(view_.columns - others, 10, 32));
  }
  bool narrow() const { return view_.columns < kWideColumns; }

  // Where there is no room for all quantiles the median and the 99th of 100 stay.
  std::string CommandLine(const std::string& name, const std::string& operations,
                          const std::string& failures, const std::string& in,
                          const std::string& out, const std::array<std::string, 4>& latency) const {
    if (narrow()) {
      return absl::StrFormat("%s %6s %6s %9s %9s %7s %7s", Fit(name, 10), operations, failures, in,
                             out, latency[0], latency[2]);
    }
    return absl::StrFormat("%s %7s %7s %11s %11s %8s %8s %8s %8s", Fit(name, 16), operations,
                           failures, in, out, latency[0], latency[1], latency[2], latency[3]);
  }

  void Commands() {
    std::vector<Line> lines;
    for (const auto& [name, command] : Member(now_.stats, "commands").items()) {
      const json& then = Member(Member(before_.stats, "commands"), name);
      const Latencies latency(Member(then, "latency"), Member(command, "latency"));
      Line line;
      line.name = name;
      line.operations = latency.count() / seconds_;
      line.bytes = Rate(then, command, "request_bytes") + Rate(then, command, "response_bytes");
      line.latency = latency.Quantile(0.99);
      if (latency.count() <= 0) continue;
      line.text = CommandLine(
          name, Count(line.operations), Count(Rate(then, command, "failures")),
          Bytes(Rate(then, command, "request_bytes")), Bytes(Rate(then, command, "response_bytes")),
          {latency.Text(0.5), latency.Text(0.9), latency.Text(0.99), latency.Text(0.999)});
      lines.push_back(std::move(line));
    }
    Table(
        CommandLine("COMMAND", "OPS/S", "FAIL/S", "IN/S", "OUT/S", {"P50", "P90", "P99", "P99.9"}),
        std::move(lines), std::min(kCommandRowsMax, std::max(1, view_.rows / 3)));
  }

  std::string ShareHeading() const {
    return absl::StrFormat("%s %7s %11s %11s %8s %8s", Fit("SHARE", NameWidth(50)), "OPS/S",
                           "READ/S", "WRITTEN/S", "P50", "P99");
  }
  std::vector<Line> Shares() const {
    std::vector<Line> lines;
    for (const auto& [name, share] : Member(now_.stats, "shares").items()) {
      const json& then = Member(Member(before_.stats, "shares"), name);
      const Latencies latency(Member(then, "latency"), Member(share, "latency"));
      Line line;
      line.name = name;
      line.operations = latency.count() / seconds_;
      const double read = Rate(then, share, "bytes_read");
      const double written = Rate(then, share, "bytes_written");
      line.bytes = read + written;
      line.latency = latency.Quantile(0.99);
      line.text = absl::StrFormat("%s %7s %11s %11s %8s %8s", Fit(name, NameWidth(50)),
                                  Count(line.operations), Bytes(read), Bytes(written),
                                  latency.Text(0.5), latency.Text(0.99));
      lines.push_back(std::move(line));
    }
    return lines;
  }

  // A row of a listing that has an id, as it was at the look before; an empty one if it was not.
  static const json& Earlier(const json& rows, const json& row) {
    for (const json& one : rows) {
      if (one.at("id") == row.at("id")) return one;
    }
    return Member(json::object(), "");
  }

  Line Active(const json& then, const json& row, std::string name) const {
    Line line;
    line.name = std::move(name);
    line.operations = Rate(then, row, "requests");
    const double read = Rate(then, row, "bytes_read");
    const double written = Rate(then, row, "bytes_written");
    line.bytes = read + written;
    line.latency = line.operations;
    line.text =
        absl::StrFormat("%7s %11s %11s", Count(line.operations), Bytes(read), Bytes(written));
    return line;
  }

  std::string ClientHeading() const {
    return absl::StrFormat("%s %7s %11s %11s %7s %8s", Fit("CLIENT", NameWidth(49)), "OPS/S",
                           "READ/S", "WRITTEN/S", "OPENS", "WAITING");
  }
  std::vector<Line> Clients() const {
    std::vector<Line> lines;
    for (const json& row : now_.connections) {
      Line line = Active(Earlier(before_.connections, row), row, Text(row, "client"));
      line.text = absl::StrFormat("%s %s %7s %8s", Fit(line.name, NameWidth(49)), line.text,
                                  Text(row, "opens"), Text(row, "requests_in_progress"));
      lines.push_back(std::move(line));
    }
    return lines;
  }

  std::string FileHeading() const {
    return absl::StrFormat("%s %7s %11s %11s  %s", Fit("FILE", NameWidth(50)), "OPS/S", "READ/S",
                           "WRITTEN/S", "USER");
  }
  std::vector<Line> Files() const {
    std::vector<Line> lines;
    for (const json& row : now_.opens) {
      Line line = Active(Earlier(before_.opens, row), row,
                         absl::StrCat(Text(row, "share"), "/", Text(row, "path")));
      line.text = absl::StrCat(Fit(line.name, NameWidth(50), /*tail=*/true), " ", line.text, "  ",
                               Fit(Text(row, "user"), 16));
      lines.push_back(std::move(line));
    }
    return lines;
  }

  void Table(const std::string& heading, std::vector<Line> lines, int rows) {
    if (rows <= 0) return;
    std::stable_sort(lines.begin(), lines.end(), [this](const Line& a, const Line& b) {
      switch (view_.order) {
        case TopOrder::kOperations:
          return a.operations > b.operations;
        case TopOrder::kBytes:
          return a.bytes > b.bytes;
        case TopOrder::kLatency:
          return a.latency > b.latency;
        case TopOrder::kName:
          break;
      }
      return a.name < b.name;
    });
    Add("");
    Add(heading);
    for (size_t i = 0; i < lines.size() && i < static_cast<size_t>(rows); ++i) {
      Add(lines[i].text);
    }
  }

  std::string Finish() {
    static constexpr const char* kOrders[] = {"operations", "bytes", "latency", "name"};
    const auto rows = static_cast<size_t>(std::max(1, view_.rows));
    lines_.resize(rows - 1);
    Add(absl::StrCat(narrow()
                         ? "q quit, space pause; sort o b l n: "
                         : "q quit, space pause; sort by (o)perations (b)ytes (l)atency (n)ame: ",
                     kOrders[static_cast<size_t>(view_.order)]));
    std::string text;
    for (const std::string& line : lines_) {
      std::string fitted = Fit(line, static_cast<size_t>(view_.columns));
      while (!fitted.empty() && fitted.back() == ' ') fitted.pop_back();
      absl::StrAppend(&text, text.empty() && &line == &lines_.front() ? "" : "\n", fitted);
    }
    return text;
  }

  const TopSample& before_;
  const TopSample& now_;
  const TopView& view_;
  double seconds_ = 1;
  std::vector<std::string> lines_;
};

}  // namespace

std::string RenderTop(const TopSample& before, const TopSample& now, const TopView& view) {
  return Screen(before, now, view).Render();
}

}  // namespace sluice::sluicectl
