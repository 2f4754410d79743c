#include "crypto/reference/aes.h"

namespace sluice::crypto::reference {
namespace {

uint8_t Double(uint8_t a) { return static_cast<uint8_t>(a << 1 ^ ((a & 0x80) != 0 ? 0x1b : 0)); }

uint8_t Multiply(uint8_t a, uint8_t b) {
  uint8_t product = 0;
  for (int i = 0; i < 8; ++i) {
    if ((b >> i & 1) != 0) product ^= a;
    a = Double(a);
  }
  return product;
}

uint8_t RotateLeft(uint8_t a, int n) { return static_cast<uint8_t>(a << n | a >> (8 - n)); }

// The inverse in GF(2^8), then the affine map.
std::array<uint8_t, 256> MakeSBox() {
  std::array<uint8_t, 256> box{};
  for (int a = 0; a < 256; ++a) {
    uint8_t inverse = 0;
    for (int b = 1; b < 256; ++b) {
      if (Multiply(static_cast<uint8_t>(a), static_cast<uint8_t>(b)) == 1) {
        inverse = static_cast<uint8_t>(b);
      }
    }
    box[a] = inverse ^ RotateLeft(inverse, 1) ^ RotateLeft(inverse, 2) ^ RotateLeft(inverse, 3) ^
             RotateLeft(inverse, 4) ^ 0x63;
  }
  return box;
}

const std::array<uint8_t, 256>& SBox() {
  static const std::array<uint8_t, 256> box = MakeSBox();
  return box;
}

void AddRoundKey(Block& state, const Block& key) {
  for (size_t i = 0; i < 16; ++i) state[i] ^= key[i];
}

// Row r of the state is bytes r, r + 4, r + 8, r + 12; it moves r places to the left.
void SubBytesAndShiftRows(Block& state) {
  const std::array<uint8_t, 256>& box = SBox();
  const Block before = state;
  for (size_t column = 0; column < 4; ++column) {
    for (size_t row = 0; row < 4; ++row) {
      state[4 * column + row] = box[before[4 * ((column + row) % 4) + row]];
    }
  }
}

void MixColumns(Block& state) {
  for (size_t column = 0; column < 4; ++column) {
    uint8_t* const c = &state[4 * column];
    const uint8_t a[4] = {c[0], c[1], c[2], c[3]};
    for (size_t row = 0; row < 4; ++row) {
      const uint8_t next = a[(row + 1) % 4];
      c[row] = static_cast<uint8_t>(Double(a[row]) ^ Double(next) ^ next ^ a[(row + 2) % 4] ^
                                    a[(row + 3) % 4]);
    }
  }
}

}  // namespace

Aes::Aes(absl::Span<const uint8_t> key) {
  const std::array<uint8_t, 256>& box = SBox();
  const size_t key_words = key.size() / 4;
  const size_t rounds = key_words + 6;
  std::vector<std::array<uint8_t, 4>> words;
  for (size_t i = 0; i < key_words; ++i) {
    words.push_back({key[4 * i], key[4 * i + 1], key[4 * i + 2], key[4 * i + 3]});
  }
  uint8_t round_constant = 1;
  for (size_t i = key_words; i < 4 * (rounds + 1); ++i) {
    std::array<uint8_t, 4> word = words[i - 1];
    if (i % key_words == 0) {
      word = {static_cast<uint8_t>(box[word[1]] ^ round_constant), box[word[2]], box[word[3]],
              box[word[0]]};
      round_constant = Double(round_constant);
    } else if (key_words > 6 && i % key_words == 4) {
      for (uint8_t& byte : word) byte = box[byte];
    }
    for (size_t j = 0; j < 4; ++j) word[j] ^= words[i - key_words][j];
    words.push_back(word);
  }
  for (size_t round = 0; round <= rounds; ++round) {
    Block round_key;
    for (size_t i = 0; i < 16; ++i) round_key[i] = words[4 * round + i / 4][i % 4];
    round_keys_.push_back(round_key);
  }
}

Block Aes::Encrypt(const Block& block) const {
  Block state = block;
  AddRoundKey(state, round_keys_[0]);
  for (size_t round = 1; round + 1 < round_keys_.size(); ++round) {
    SubBytesAndShiftRows(state);
    MixColumns(state);
    AddRoundKey(state, round_keys_[round]);
  }
  SubBytesAndShiftRows(state);
  AddRoundKey(state, round_keys_.back());
  return state;
}

}  // namespace sluice::crypto::reference
