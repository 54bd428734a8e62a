// SPDX-License-Identifier: MIT
// Stranger: a plugin in another namespace of the dynamic loader than the executable's.
#pragma once

#include "interface.hpp"

class Stranger : public Plugin {
  public:
    /// In a new namespace.
    explicit Stranger(const char* path) : Stranger{path, LM_ID_NEWLM} {}

    /// In the namespace of `other`.
    Stranger(const char* path, const Stranger& other) : Stranger{path, other.name()} {}

  private:
    Stranger(const char* path, Lmid_t where)
        : Plugin{path, ::dlmopen(where, path, RTLD_NOW | RTLD_LOCAL)} {}

    [[nodiscard]] Lmid_t name() const {
        Lmid_t id = LM_ID_BASE;
        require(::dlinfo(handle(), RTLD_DI_LMID, &id) == 0, "the loader knows the namespace");
        return id;
    }
};
