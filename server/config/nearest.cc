#include "server/config/nearest.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sluice::config {
namespace {

// Levenshtein's distance.
size_t Edits(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t substituted = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, row[j] + 1, diagonal + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string Nearest(absl::string_view name, absl::Span<const absl::string_view> known) {
  std::string best;
  size_t best_edits = std::max<size_t>(2, name.size() / 2) + 1;
  for (absl::string_view candidate : known) {
    const size_t edits = Edits(name, candidate);
    if (edits < best_edits) {
      best_edits = edits;
      best = std::string(candidate);
    }
  }
  return best;
}

std::string DidYouMean(absl::string_view name, absl::Span<const absl::string_view> known) {
  const std::string nearest = Nearest(name, known);
  if (!nearest.empty()) return absl::StrCat("; did you mean \"", nearest, "\"?");
  return absl::StrCat("; known: ", absl::StrJoin(known, ", "));
}

}  // namespace sluice::config
