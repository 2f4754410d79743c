// SHA-256 and HMAC as [FIPS 180-4] and [RFC 2104] have them; the constants are computed from the
// primes that they are defined by.
#include <array>
#include <cmath>

#include "crypto/reference/reference.h"

namespace sluice::crypto::reference {
namespace {

std::array<uint32_t, 64> Primes() {
  std::array<uint32_t, 64> primes{};
  size_t count = 0;
  for (uint32_t candidate = 2; count < primes.size(); ++candidate) {
    bool prime = true;
    for (uint32_t divisor = 2; divisor * divisor <= candidate; ++divisor) {
      prime = prime && candidate % divisor != 0;
    }
    if (prime) primes[count++] = candidate;
  }
  return primes;
}

// The first 32 bits of the fraction.
uint32_t Fraction(long double root) {
  return static_cast<uint32_t>((root - std::floor(root)) * 4294967296.0L);
}

uint32_t RotateRight(uint32_t x, int n) { return x >> n | x << (32 - n); }

void Compress(std::array<uint32_t, 8>* state, View block) {
  static const std::array<uint32_t, 64> constants = [] {
    std::array<uint32_t, 64> made{};
    const std::array<uint32_t, 64> primes = Primes();
    for (size_t i = 0; i < 64; ++i)
      made[i] = Fraction(std::cbrt(static_cast<long double>(primes[i])));
    return made;
  }();
  std::array<uint32_t, 64> w{};
  for (size_t i = 0; i < 64; ++i) w[i / 4] = w[i / 4] << 8 | block[i];
  for (size_t i = 16; i < 64; ++i) {
    const uint32_t s0 = RotateRight(w[i - 15], 7) ^ RotateRight(w[i - 15], 18) ^ w[i - 15] >> 3;
    const uint32_t s1 = RotateRight(w[i - 2], 17) ^ RotateRight(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  auto [a, b, c, d, e, f, g, h] = *state;
  for (size_t i = 0; i < 64; ++i) {
    const uint32_t sum1 = RotateRight(e, 6) ^ RotateRight(e, 11) ^ RotateRight(e, 25);
    const uint32_t t1 = h + sum1 + ((e & f) ^ (~e & g)) + constants[i] + w[i];
    const uint32_t sum0 = RotateRight(a, 2) ^ RotateRight(a, 13) ^ RotateRight(a, 22);
    const uint32_t t2 = sum0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  const std::array<uint32_t, 8> add = {a, b, c, d, e, f, g, h};
  for (size_t i = 0; i < 8; ++i) (*state)[i] += add[i];
}

}  // namespace

Bytes Sha256(View message) {
  std::array<uint32_t, 8> state;
  const std::array<uint32_t, 64> primes = Primes();
  for (size_t i = 0; i < 8; ++i)
    state[i] = Fraction(std::sqrt(static_cast<long double>(primes[i])));
  const uint64_t bits = message.size() * 8;
  while (message.size() >= 64) {
    Compress(&state, message.subspan(0, 64));
    message.remove_prefix(64);
  }
  Bytes last(message.begin(), message.end());
  last.push_back(0x80);
  last.resize(last.size() <= 56 ? 56 : 120);
  for (int shift = 56; shift >= 0; shift -= 8) last.push_back(static_cast<uint8_t>(bits >> shift));
  for (size_t at = 0; at < last.size(); at += 64) Compress(&state, View(last).subspan(at, 64));
  Bytes digest;
  for (uint32_t word : state) {
    for (int shift = 24; shift >= 0; shift -= 8)
      digest.push_back(static_cast<uint8_t>(word >> shift));
  }
  return digest;
}

Bytes HmacSha256(View key, View message) {
  Bytes padded = key.size() > 64 ? Sha256(key) : Bytes(key.begin(), key.end());
  padded.resize(64);
  Bytes inner = padded;
  Bytes outer = padded;
  for (uint8_t& byte : inner) byte ^= 0x36;
  for (uint8_t& byte : outer) byte ^= 0x5c;
  inner.insert(inner.end(), message.begin(), message.end());
  const Bytes digest = Sha256(inner);
  outer.insert(outer.end(), digest.begin(), digest.end());
  return Sha256(outer);
}

}  // namespace sluice::crypto::reference
