// SPDX-License-Identifier: MIT
// Environment variables that a test sets.
#pragma once

#include <stdlib.h>

namespace parking_lot::test {

/// Sets a variable until the end of the scope, for this process and those it starts.
class EnvironmentVariable {
  public:
    EnvironmentVariable(const char* name, const char* value) : name_{name} { set(value); }
    EnvironmentVariable(const EnvironmentVariable&) = delete;
    EnvironmentVariable& operator=(const EnvironmentVariable&) = delete;
    ~EnvironmentVariable() { set(""); }

  private:
    /// An empty value removes it.
    void set(const char* value) const {
#if defined(_WIN32)
        ::_putenv_s(name_, value);
#else
        if (*value == '\0') {
            ::unsetenv(name_);
        } else {
            ::setenv(name_, value, 1);
        }
#endif
    }

    const char* name_;
};

}  // namespace parking_lot::test
