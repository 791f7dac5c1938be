// The anchor of the precompiled header that every compiler library shares.
