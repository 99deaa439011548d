// Tests of this folder import the built packages, as your own do; the settings of the repository are not for them.
export default {};
